"""Forgetting a person: their answers go, and so do the names and texts that are kept of them.

The ledger stays without them. Limits count its steps, and by Instagram ids, which are no names, no one gets a first
message twice and a request to be left alone still holds.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from bot.automation.lifecycle import notify_bot
from bot.config.runtime import now
from bot.contacts.people import FORGOTTEN, entry_of, locate
from bot.contacts.reply_texts import forget_texts_of
from bot.core.errors import BotException
from bot.history.activity import record
from bot.storage.bot_lock import locked_status
from bot.storage.models import (
    UNRESOLVED,
    AccountRequest,
    Action,
    ActionTarget,
    Activity,
    Answer,
    BotSettings,
    Contact,
    DoNotContact,
    IdempotencyRecord,
    Message,
    Person,
    SettingsChange,
)
from bot.storage.models.values import ActionKind, ActivityStatus, RequestKind, TargetStatus
from bot.storage.target_states import skip
from bot.storage.tenancy import TenantSession, tenant

_MENTIONED = re.compile(r"@([\w.]*\w)")


def forget_person(user_id: str, person_id: str) -> None:
    """Delete a person's answers, and the names and texts that are kept of them. Commits.

    They stay on a do-not-contact list, under the name that it has. Open actions skip them. Raises PERSON_NOT_FOUND, and
    PERSON_IN_USE while a step with them runs, or while it is not known what came of one.
    """
    with tenant(user_id) as session:
        locked_status(session)
        person = locate(session, person_id)
        targets = session.scalars(select(ActionTarget).where(_of(person))).all()
        unsure = select(ActionTarget.id).where(_of(person), or_(UNRESOLVED, ActionTarget.status == "unknown"))
        if session.scalars(unsure.limit(1)).first():
            raise BotException("PERSON_IN_USE")
        contacts = session.scalars(select(Contact).where(Contact.instagram_id == person.instagram_id)).all()
        names = {person.username, *(row.person for row in targets), *(row.username for row in contacts)}
        session.execute(delete(Answer).where(Answer.instagram_id == person.instagram_id))
        _forget_activity(session, person, targets, names)
        _forget_lists(session, targets, names)
        _forget_notes(session, person)
        _forget_kept(session, names)
        name = f"{FORGOTTEN}-{person.id[:8]}"
        _forget_answers(session, names, name)
        _forget_targets(session, targets, name, now())
        for contact in contacts:
            contact.username, contact.forgotten_at = name, now()
        session.delete(person)
        record(session, "person_forgotten", ActivityStatus.DONE)
        session.commit()
    notify_bot(user_id)


def _of(person: Person) -> ColumnElement[bool]:
    """Return the condition for their targets. One of a list that was not looked up yet has their name alone."""
    named = and_(ActionTarget.person_id.is_(None), ActionTarget.person == person.username)
    return or_(ActionTarget.person_id == person.id, ActionTarget.recipient == person.instagram_id, named)


def _forget_targets(session: TenantSession, targets: Sequence[ActionTarget], name: str, moment: datetime) -> None:
    """Replace the names of targets. An action has each name once, so further ones of it get a number."""
    texts = Message.target_id.in_([row.id for row in targets])
    session.execute(update(Message).where(texts).values(text="").execution_options(synchronize_session=False))
    forget_texts_of(session, [row.id for row in targets])
    seen: dict[str, int] = {}
    for row in targets:
        if row.status == TargetStatus.PENDING:
            skip(row, FORGOTTEN, moment)
        number = seen[row.action_id] = seen.get(row.action_id, 0) + 1
        row.person, row.target = name, name if number == 1 else f"{name}-{number}"
        row.full_name = row.first_name = row.person_id = None


def _forget_activity(session: TenantSession, person: Person, targets: Sequence[ActionTarget], names: set[str]) -> None:
    """Empty the targets of the lines about a person.

    Names change hands: a line without an action is about another person if that one has the name now.
    """
    others = select(Person.username).where(Person.username.in_(names), Person.id != person.id)
    theirs, alone = names | {row.target for row in targets}, names - set(session.scalars(others))
    of_actions = and_(Activity.target.in_(theirs), Activity.action_id.in_({row.action_id for row in targets}))
    of_none = and_(Activity.target.in_(alone), Activity.action_id.is_(None))
    lines = update(Activity).where(or_(of_actions, of_none)).values(target=None)
    session.execute(lines.execution_options(synchronize_session=False))


def _forget_lists(session: TenantSession, targets: Sequence[ActionTarget], names: set[str]) -> None:
    """Remove the names from lists that came with actions, and empty the results of previews that hold one."""
    for action in session.scalars(select(Action).where(Action.id.in_({row.action_id for row in targets}))):
        if "usernames" in action.params:
            action.params = {**action.params, "usernames": _without(action.params["usernames"], names)}
        if action.kind == ActionKind.PLAN:
            action.params = {**action.params, "source": _unnamed(action.params["source"], "usernames", names)}
    previews = select(AccountRequest).where(AccountRequest.kind == RequestKind.PREVIEW)
    for request in session.scalars(previews):
        told = json.dumps([request.result, request.params])
        if any(f'"{name}"' in told for name in names):
            request.result = request.params = None


def _forget_kept(session: TenantSession, names: set[str]) -> None:
    """Remove the names from the lists of people to keep: the user's own, before changes of it too, and of actions."""
    settings = session.scalars(select(BotSettings)).one()
    settings.keep = _without(settings.keep, names)
    for change in session.scalars(select(SettingsChange)):
        change.before, change.after = (
            {name: _without(value, names) if name == "keep" else value for name, value in part.items()}
            for part in (change.before, change.after)
        )
    for action in session.scalars(select(Action).where(Action.kind == ActionKind.UNFOLLOW)):
        action.params = {**action.params, "keep": _without(action.params.get("keep"), names)}
    for action in session.scalars(select(Action).where(Action.kind == ActionKind.PLAN)):
        action.params = {**action.params, "source": _unnamed(action.params["source"], "keep", names)}


def _unnamed(sources: list[dict[str, Any]], name: str, names: set[str]) -> list[dict[str, Any]]:
    """Return the sources of a plan without these names in one of their lists."""
    return [{**one, name: _without(one[name], names)} if name in one else one for one in sources]


def _without(listed: list[str] | None, names: set[str]) -> list[str]:
    return [name for name in listed or [] if name not in names]


def _forget_answers(session: TenantSession, names: set[str], name: str) -> None:
    """Replace the names in answers that are kept for repetitions of requests."""
    for kept in session.scalars(select(IdempotencyRecord).where(IdempotencyRecord.answer.is_not(None))):
        kept.answer = _replaced(kept.answer, names, name)


def _replaced(value: Any, names: set[str], name: str) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(one, names, name) for key, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one, names, name) for one in value]
    if not isinstance(value, str):
        return value
    if value in names:
        return name
    return _MENTIONED.sub(lambda found: f"@{name}" if found[1] in names else found[0], value)


def _forget_notes(session: TenantSession, person: Person) -> None:
    """Empty what the user noted about a person on their do-not-contact list."""
    for entry in session.scalars(select(DoNotContact).where(entry_of(person), DoNotContact.user_id.is_not(None))):
        entry.note = None
