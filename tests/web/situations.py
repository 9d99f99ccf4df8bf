"""Brings the bot of a user, who is linked, runs and has one action, into the state of each verdict.

It is noon in UTC, 17:30 where the user lives.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from bot.actions import control
from bot.automation import client_versions, lifecycle
from bot.core.errors import BotException
from bot.steps import restores
from bot.storage.models import (
    Action,
    ActionTarget,
    BotSettings,
    BotStatus,
    Contact,
    CoolDown,
    DailyLimit,
    InstagramCredentials,
    KillSwitch,
)
from bot.storage.models.values import Fact
from bot.storage.tenancy import identity, tenant

ZONE = "Asia/Kolkata"
Situation = Callable[[str, datetime], None]
"""Takes the user's id and the time that it is; runs in an app context."""


def zone(name: str) -> Situation:
    return lambda user_id, at: _change(user_id, update(BotSettings).values(timezone=name))


live_in_kolkata = zone(ZONE)


def as_it_is(user_id: str, at: datetime) -> None:
    """The bot has an action and nothing in its way."""


def status(**values: Any) -> Situation:
    return lambda user_id, at: _change(user_id, update(BotStatus).values(**values))


def hours(week: list[list[int]]) -> Situation:
    return lambda user_id, at: _change(user_id, update(BotSettings).values(hours=week))


def action(**values: Any) -> Situation:
    return lambda user_id, at: _change(user_id, update(Action).values(**values))


def ended_by(name: str) -> Situation:
    error = BotException(name)
    return status(session_valid=False, bot_running=False, last_error_code=error.code, last_error_message=error.message)


def waiting_for(kind: str) -> Situation:
    def bring(user_id: str, at: datetime) -> None:
        expires = at + timedelta(minutes=10)
        values = {"verification_kind": kind, "verification_sent_to": "you", "verification_expires_at": expires}
        _change(user_id, update(InstagramCredentials).values(**values), update(BotStatus).values(session_valid=False))

    return bring


def unlinked(user_id: str, at: datetime) -> None:
    with tenant(user_id) as session:
        session.delete(session.scalars(select(InstagramCredentials)).one())
        session.execute(update(BotStatus).values(session_valid=False, bot_running=False, instagram_username=None))
        session.commit()


def stopped(user_id: str, at: datetime) -> None:
    lifecycle.stop(user_id)


def all_stopped(user_id: str, at: datetime) -> None:
    with identity() as session:
        session.add(KillSwitch(set_at=at, reason="Instagram has changed something"))
        session.commit()


def held(user_id: str, at: datetime) -> None:
    restores.hold_all("found")


def outdated(user_id: str, at: datetime) -> None:
    refused = BotException("INSTAGRAM_CLIENT_OUTDATED", delivered="no", refused_client="2.0", refused_app="200.0")
    client_versions.hold_if_refused(refused)


def catching_up_later(user_id: str, at: datetime) -> None:
    status(doubted_at=at - timedelta(minutes=1), replies_failed_at=at)(user_id, at)


def paused(user_id: str, at: datetime) -> None:
    control.pause(user_id, control.list_actions(user_id, 1, None).items[0].action.id)


def works(start: int | None, end: int = 0) -> Situation:
    """Between these hours of every day; None: never."""
    span = None if start is None else [start * 60, end * 60]
    return lambda user_id, at: _change(user_id, update(BotSettings).values(hours=[span] * 7))


def starts_tomorrow(user_id: str, at: datetime) -> None:
    action(start_at=at + timedelta(days=1))(user_id, at)


def plan_that_waits(fact: Fact | None) -> Situation:
    """The action is a plan with one person, who has come to its second step and waits: for tomorrow, or for a fact."""

    def wait(user_id: str, at: datetime) -> None:
        sources = [{"kind": "hashtag", "tags": ["coffee"], "tab": "recent"}]
        steps = [{"do": "follow"}, {"do": "story", "when": fact}]
        params = {"source": sources, "steps": steps, "filters": {}, "unit": "person"}
        action(kind="plan", params=params, total=1, searched=True)(user_id, at)
        with tenant(user_id) as session:
            row = {"user_id": user_id, "action_id": session.scalars(select(Action.id)).one(), "position": 1}
            row |= {"target": "ann", "person": "ann", "created_at": at}
            session.add(ActionTarget(step_kind="follow", status="done", finished_at=at, **row))
            later = {"node": 1, "due_at": at + timedelta(days=1), "awaits": fact}
            session.add(ActionTarget(step_kind="story", status="pending", **later, **row))
            session.commit()

    return wait


def pausing(user_id: str, at: datetime) -> None:
    status(next_step_at=at + timedelta(seconds=45))(user_id, at)


def trying_again(name: str) -> Situation:
    """The last try has failed with that error."""
    return lambda user_id, at: status(next_step_at=at + timedelta(minutes=10), trouble=name)(user_id, at)


def last_error(name: str) -> Situation:
    """A call that a person asked for has failed with that error last."""
    error = BotException(name)
    return status(last_error_code=error.code, last_error_message=error.message)


def sealed_by_another_key(user_id: str, at: datetime) -> None:
    _change(user_id, update(InstagramCredentials).values(session_data_encrypted=b"\x01" + b"gone".ljust(16, b"\0")))
    status(trouble="VAULT_REFUSED")(user_id, at)


def resting(user_id: str, at: datetime) -> None:
    resting_after("INSTAGRAM_ACTION_BLOCKED")(user_id, at)


def resting_after(name: str) -> Situation:
    """Follows rest for a day because of that error."""

    def bring(user_id: str, at: datetime) -> None:
        with tenant(user_id) as session:
            code, until = BotException(name).code, at + timedelta(hours=24)
            session.add(CoolDown(user_id=user_id, kind="follow", until=until, error_code=code, created_at=at))
            session.commit()

    return bring


def used_up(user_id: str, at: datetime) -> None:
    _add_targets(user_id, 10, claimed_at=at - timedelta(hours=2), status="done")
    action(total=30)(user_id, at)


def used_up_by_own_limit(user_id: str, at: datetime) -> None:
    own_limit(1)(user_id, at)
    _add_targets(user_id, 1, claimed_at=at - timedelta(hours=2), status="done")


def own_limit(per_day: int) -> Situation:
    def make(user_id: str, _at: datetime) -> None:
        with tenant(user_id) as session:
            session.add(DailyLimit(user_id=user_id, kind="follow", per_day=per_day))
            session.commit()

    return make


def admin_allows_no_follows(user_id: str, at: datetime) -> None:
    with identity() as session:
        session.execute(update(DailyLimit).where(DailyLimit.kind == "follow").values(ceiling=0))
        session.commit()


def used_up_for_an_hour(user_id: str, at: datetime) -> None:
    with identity() as session:
        session.execute(update(DailyLimit).where(DailyLimit.kind == "follow").values(per_hour=2))
        session.commit()
    _add_targets(user_id, 2, claimed_at=at - timedelta(minutes=20), status="done")


def looking_up_later(user_id: str, at: datetime) -> None:
    _add_targets(user_id, 1, claimed_at=at, status="unknown", look_up_at=at + timedelta(minutes=10))
    action(searched=True)(user_id, at)


def looking_up(user_id: str, at: datetime) -> None:
    _add_targets(user_id, 1, claimed_at=at, status="unknown", look_up_at=at)


def unknown(user_id: str, at: datetime) -> None:
    """One more of which only the user can say what became of it."""
    _add_targets(user_id, 1, first=10, claimed_at=at, status="unknown")


def answers_to_read(user_id: str, at: datetime) -> None:
    with tenant(user_id) as session:
        session.add(Contact(user_id=user_id, instagram_id="7", username="person", written_at=at - timedelta(hours=1)))
        session.commit()


def night_test_due(user_id: str, at: datetime) -> None:
    status(last_tested=at - timedelta(days=2))(user_id, at)


def _change(user_id: str, *statements: Any) -> None:
    with tenant(user_id) as session:
        for statement in statements:
            session.execute(statement)
        session.commit()


def _add_targets(user_id: str, count: int, *, first: int = 0, claimed_at: datetime, **values: Any) -> None:
    with tenant(user_id) as session:
        action_id = session.scalars(select(Action.id)).one()
        for number in range(first, first + count):
            name = f"person{number}"
            session.add(
                ActionTarget(
                    user_id=user_id,
                    action_id=action_id,
                    step_kind="follow",
                    position=number,
                    target=name,
                    person=name,
                    created_at=claimed_at,
                    claimed_at=claimed_at,
                    finished_at=claimed_at,
                    **values,
                )
            )
        session.commit()
