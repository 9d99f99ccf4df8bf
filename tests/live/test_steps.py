"""The step and the warm instances of a worker, called directly, against the sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from bot.actions import control, placing
from bot.actions.placing import FollowHashtag
from bot.automation import lifecycle
from bot.automation.status import bot_report
from bot.automation.verdicts import kept_verdicts
from bot.config.environment import Config
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.steps.step import Step
from bot.steps.work import next_work
from bot.storage.models import ActionTarget, Activity, BotInstanceRow, ErrorCodeRow, InstagramCredentials
from bot.storage.tenancy import identity, tenant
from jobs import tasks
from jobs.instagram import InstagramAuth
from jobs.lanes import Lease, hold
from tests.support.environment import FixedClock, dispose
from tests.support.people import give_valid_session, make_somebody
from wsgi import create_app


@pytest.fixture
def app(config: Config, clock: FixedClock) -> Iterator[Flask]:
    """The app with its context, no delay between steps; the test is the worker."""
    app = create_app(config, clock=clock, uniform=lambda _low, _high: 0.0)
    with app.app_context():
        yield app
        tasks.instances().close()
    dispose(app)


def linked(app: Flask, sandbox, name: str = "alice", username: str = "plain_01") -> str:
    """A user whose session of the sandbox is real, with a running bot."""
    user = make_somebody(name)
    auth = InstagramAuth(tasks.instances().endpoint())
    answer = auth.login(username, sandbox.account(username)["password"])
    give_valid_session(user.id, username=username, session_data=answer.session)
    lifecycle.start(user.id)
    return user.id


def place(user_id: str, amount: int = 2) -> str:
    return placing.follow_hashtag(user_id, FollowHashtag(hashtag="coffee", amount=amount)).action.id


def step(user_id: str) -> float | None:
    with hold(Lease(user_id, "token", 30.0)):
        return tasks.step(user_id)


def statuses(user_id: str) -> list[str]:
    with tenant(user_id, reading=True) as session:
        return list(session.scalars(select(ActionTarget.status).where(ActionTarget.status != "pending")))


def test_without_the_lease_nothing_is_done_and_the_next_holder_settles_it(app, sandbox, clock):
    user_id = linked(app, sandbox)
    place(user_id)
    step(user_id)
    assert tasks.step(user_id) is None
    assert sandbox.targets("plain_01", "follow") == []
    assert statuses(user_id).count("working") == 1
    for _ in range(20):
        # The call that was about to be made has taken the pace of its kind.
        clock.advance(seconds=2)
        if step(user_id) is None:
            break
    followed = sandbox.targets("plain_01", "follow")
    assert len(followed) == len(set(followed)) == 2


def test_the_kept_verdict_is_current_after_every_turn(app, sandbox, clock):
    user_id = linked(app, sandbox)
    place(user_id)
    columns = kept_verdicts().c["verdict", "verdict_condition", "is_current"]
    seen = []
    for _ in range(20):
        next_at = step(user_id)
        with identity(reading=True) as session:
            seen.append(tuple(session.execute(select(*columns)).one()))
        if seen[-1][0] == "NO_WORK":
            break
        clock.advance(seconds=max(0.0, next_at - now().timestamp()))
    assert {row[1:] for row in seen[:-1]} == {("working", True)}
    assert seen[-1] == ("NO_WORK", "waiting", True)
    assert statuses(user_id) == ["done", "done"]


def test_a_step_found_half_done_that_had_arrived_is_done(app, sandbox):
    user_id = linked(app, sandbox)
    place(user_id)
    step(user_id)
    work = next_work(user_id)
    target = work.pending[0]
    Step(user_id, work).claim(target)
    with tasks.instances().use(user_id) as bot:
        bot.refresh()
        bot.client.follow(target.instagram_id)
    step(user_id)
    assert statuses(user_id) == ["done"]
    assert sandbox.targets("plain_01", "follow") == [target.target]


def test_an_error_that_nobody_foresaw_is_written_down_once_and_the_lane_goes_on(app, sandbox, monkeypatch):
    user_id = linked(app, sandbox)
    place(user_id)

    def broken(*_):
        raise KeyError("something that somebody typed")

    monkeypatch.setattr(tasks, "run_step", broken)
    next_at = step(user_id)
    assert next_at is not None
    with tenant(user_id, reading=True) as session:
        row = session.scalars(select(Activity).where(Activity.status == "failed")).one()
    assert row.error_code.startswith("E-")
    assert "typed" not in str(vars(row))
    assert row.details["file"].endswith("test_steps.py")
    with identity(reading=True) as anybody:
        known = anybody.get(ErrorCodeRow, row.error_code)
    assert known.file_path.startswith("tests/live/test_steps.py:")


def test_a_warm_client_is_kept_and_changed_when_the_account_is_linked_anew(app, sandbox):
    user_id = linked(app, sandbox)
    manager = tasks.instances()
    with manager.use(user_id) as bot:
        bot.refresh()
        first = bot.client
    with manager.use(user_id) as bot:
        bot.refresh()
        assert bot.client is first
        give_valid_session(user_id, username="plain_01", session_data=first.dump())
        bot.refresh()
        assert bot.client is not first


def test_without_a_stored_session_there_is_no_client(app, sandbox):
    user_id = make_somebody("alice").id
    with pytest.raises(BotException, match="SESSION_INVALID"), tasks.instances().use(user_id) as bot:
        bot.refresh()


def test_each_user_has_a_memory_file_of_their_own(app, sandbox, config):
    users = [make_somebody(name).id for name in ("ann", "ben")]
    for user_id in users:
        with tasks.instances().use(user_id) as bot:
            assert bot.memory.person("nobody", now()) is None
        with tenant(user_id, reading=True) as session:
            path = Path(session.scalars(select(BotInstanceRow.sqlite_db_path)).one())
        assert path == config.instance_dir / "bots" / f"{user_id}.db"
        assert path.exists()


def test_what_the_vault_refuses_halts_the_bot_with_its_code_until_it_opens(app, sandbox, clock):
    user_id = linked(app, sandbox)
    action_id = place(user_id, amount=1)
    with tenant(user_id) as session:
        account = session.scalars(select(InstagramCredentials)).one()
        sealed, account.session_data_encrypted = account.session_data_encrypted, b"\x01" + bytes(80)
        session.commit()
    asked = sandbox.requests("plain_01")
    for _ in range(12):
        assert step(user_id) is None
    report = bot_report(user_id)
    assert (report.verdict.state, report.verdict.reason) == ("halted", "VAULT_REFUSED")
    assert sandbox.requests("plain_01") == asked
    with tenant(user_id) as session:
        session.scalars(select(InstagramCredentials)).one().session_data_encrypted = sealed
        session.commit()
    for _ in range(12):
        step(user_id)
        clock.advance(seconds=2)
    assert control.get_action(user_id, action_id).action.status == "succeeded"
    assert bot_report(user_id).verdict.reason == "NO_WORK"
