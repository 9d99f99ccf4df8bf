"""The statements of every step, which go past the unit of work, see and write the user's rows only, as all others."""

import pytest
from sqlalchemy import delete, exists, insert, literal_column, select, text, union_all, update

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.decision.limit_rules import DEFAULTS
from bot.storage.models import ActionTarget, Activity, BotSettings, BotStatus, CoolDown, DailyLimit, User, UserSession
from bot.storage.tenancy import identity, tenant

pytestmark = pytest.mark.usefixtures("base_app")


def test_it_reads_own_rows_in_every_part_of_a_statement(alice, bob):
    with tenant(alice.id, reading=True) as session:
        assert session.run(select(BotStatus.user_id)).scalars().all() == [alice.id]
        joined = select(BotStatus.user_id, BotSettings.user_id).join(BotSettings, BotSettings.id != BotStatus.id)
        assert session.run(joined).all() == [(alice.id, alice.id)]
        there = exists().where(BotStatus.user_id == bob.id)
        assert session.run(select(BotSettings.user_id, there)).all() == [(alice.id, False)]
        counted = select(BotStatus.id).where(BotStatus.user_id == bob.id).scalar_subquery()
        assert session.run(select(BotSettings.user_id, counted)).all() == [(alice.id, None)]


def test_it_reads_what_holds_for_all(alice):
    with tenant(alice.id, reading=True) as session:
        assert {kind for (kind,) in session.run(select(DailyLimit.kind))} == set(DEFAULTS)


def test_one_statement_serves_everybody(alice, bob):
    whose = select(BotStatus.user_id)
    for user in (alice, bob, alice):
        with tenant(user.id, reading=True) as session:
            assert session.run(whose).scalars().all() == [user.id]


def test_it_changes_own_rows_only(alice, bob):
    with tenant(alice.id) as session:
        change = update(BotStatus).values(instagram_username="mine").returning(BotStatus.user_id)
        assert session.run(change).scalars().all() == [alice.id]
        session.run(delete(BotSettings))
        session.run(update(DailyLimit).values(per_day=1))
        session.commit()
    with tenant(bob.id, reading=True) as session:
        assert session.run(select(BotStatus.instagram_username)).scalars().all() == [None]
        assert session.run(select(BotSettings.user_id)).scalars().all() == [bob.id]
        assert 1 not in session.run(select(DailyLimit.per_day)).scalars().all()


def test_what_it_adds_is_the_users_whatever_it_says(alice, bob):
    line = {"at": now(), "action": "follow", "status": "done", "metadata": {}}
    with tenant(alice.id) as session:
        session.run(insert(Activity), {**line, "user_id": bob.id})
        session.run(insert(Activity), [line, {**line, "user_id": bob.id}])
        session.commit()
    with tenant(bob.id, reading=True) as session:
        assert session.run(select(Activity.id)).all() == []
    with tenant(alice.id, reading=True) as session:
        assert len(session.run(select(Activity.id)).all()) == 3


def test_a_value_for_a_column_that_is_not_there_is_refused(alice):
    line = {"at": now(), "action": "follow", "status": "done", "details": {}}
    with tenant(alice.id) as session, pytest.raises(TypeError, match="activity_logs has no details"):
        session.run(insert(Activity), line)


@pytest.mark.parametrize(
    "statement",
    [
        text("SELECT * FROM users"),
        select(BotStatus.__table__),
        select(BotSettings.id, BotStatus.__table__.c.user_id),
        select(BotStatus.id, literal_column("(SELECT max(username) FROM users)")),
        select(BotStatus).where(text("1 = 1")),
        select(BotStatus).where(BotStatus.id.in_(select(BotSettings.__table__.c.id))),
        union_all(select(BotStatus.id), select(BotSettings.id)),
        update(BotStatus).values(user_id="somebody"),
        update(BotStatus.__table__).values(bot_running=True),
        update(User).values(role="admin"),
        update(UserSession).values(needs_code=False),
        delete(User),
        insert(CoolDown.__table__),
        insert(CoolDown).values(kind="*"),
        insert(CoolDown).from_select(["kind"], select(ActionTarget.step_kind)),
        insert(User),
        insert(DailyLimit),
    ],
    ids=range(17),
)
def test_it_refuses_what_it_cannot_narrow(alice, statement):
    with tenant(alice.id) as session, pytest.raises(BotException, match="SCOPE_VIOLATION"):
        session.run(statement)


def test_rows_named_one_by_one_are_not_changed(alice):
    with tenant(alice.id) as session, pytest.raises(BotException, match="SCOPE_VIOLATION"):
        session.run(update(BotStatus), [{"id": "x", "bot_running": True}])


def test_it_is_part_of_the_transaction_of_its_session(alice):
    with tenant(alice.id) as session:
        session.run(update(BotStatus).values(instagram_username="mine"))
        assert session.scalars(select(BotStatus.instagram_username)).one() == "mine"
        session.rollback()
    with identity(alice.id, reading=True) as session:
        assert session.scalars(select(BotStatus.instagram_username).where(BotStatus.user_id == alice.id)).one() is None
