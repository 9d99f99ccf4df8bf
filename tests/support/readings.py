"""Rows that only steps and readings of an account write."""

from datetime import datetime

from sqlalchemy import select

from bot.contacts.reply_texts import keep_text
from bot.storage.models import (
    AccountDay,
    ActionSource,
    ActionTarget,
    Answer,
    CoolDown,
    EarlierCall,
    FollowerRead,
    Person,
    Relation,
    ResultDay,
)
from bot.storage.tenancy import TenantSession


def add_records(session: TenantSession, user_id: str, moment: datetime) -> None:
    """Add a row to each of these tables, about a person that the bot has met."""
    person_id = session.scalars(select(Person.id)).first()
    session.add(AccountDay(user_id=user_id, account_id="1", day=moment.date()))
    session.add(FollowerRead(user_id=user_id, account_id="1"))
    session.add(ResultDay(user_id=user_id, begins=moment, ends=moment))
    session.add(Relation(user_id=user_id, account_id="1", person_id=person_id))
    session.add(Answer(user_id=user_id, instagram_id="1", thread_id="1", item_id="1", at=moment, sort="text"))
    target = session.scalars(select(ActionTarget).where(ActionTarget.user_id == user_id)).first()
    assert target is not None
    keep_text(session, target.id, "Hi")
    session.add(ActionSource(user_id=user_id, action_id=target.action_id, number=0))
    session.add(EarlierCall(user_id=user_id, step_kind="message", claimed_at=moment))
    session.add(CoolDown(user_id=user_id, kind="like", until=moment, error_code="E", created_at=moment))
