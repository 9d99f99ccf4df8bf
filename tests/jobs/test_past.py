"""A past that the product lives itself: the database tells of what reached the sandbox, at the same times."""

import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.demo.users import PAST_USER, demo_user, ensure_demo_user
from bot.results.periods import Period
from bot.results.steps import results
from bot.storage.models import ActionTarget, Activity, User
from bot.storage.tenancy import identity, tenant
from jobs.past import __main__ as past
from jobs.past.life import troubles_of
from tests.support.environment import KEY
from tests.support.sandbox_process import SandboxProcess

DAYS = 4
SHORT = timedelta(minutes=10)


@pytest.fixture(params=["sqlite"])
def database_url(request, databases, tmp_path):
    with databases.fresh(request.param, tmp_path) as url:
        yield url


@pytest.fixture(scope="module")
def sandbox():
    with SandboxProcess.start(0, "--lively") as sandbox:
        yield sandbox


@pytest.fixture
def live(base_app, database_url, redis_url, tmp_path, sandbox, monkeypatch, capsys):
    """Lives so many days, as `python -m jobs.past` does, and returns the status and what was printed."""
    sandbox.reset()
    settings = {
        "INSTANCE_DIR": tmp_path,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "ENCRYPTION_KEYS": KEY,
        "INSTAGRAM_SANDBOX": "1",
        "SANDBOX_PORT": sandbox.url.rpartition(":")[2],
    }

    def run(days=DAYS, **changed):
        for name, value in (settings | changed).items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.setattr(sys, "argv", ["past", "--days", str(days)])
        return past.main(), capsys.readouterr().out

    return run


def acts_of(user_id):
    """What the database says was done: (kind, target) of each step, with its time."""
    with tenant(user_id, reading=True) as session:
        rows = session.scalars(select(ActionTarget).where(ActionTarget.status == "done")).all()
    return {(row.step_kind, row.target): row.claimed_at for row in rows}


def test_what_it_tells_of_the_days_is_what_reached_the_sandbox(live, sandbox):
    status, printed = live()
    assert status == 0
    assert f"{PAST_USER} (password " in printed
    user = demo_user(PAST_USER)
    acts, ledger = acts_of(user.id), sandbox.ledger()
    arrived = {one["target"]: datetime.fromisoformat(one["at"]) for one in ledger if one["kind"] == "follow"}
    followed = {target: at for (kind, target), at in acts.items() if kind == "follow"}
    assert followed
    assert followed.keys() == arrived.keys()
    assert all(abs(arrived[target] - at) < SHORT for target, at in followed.items())
    hours = {at.astimezone(ZoneInfo("Europe/Berlin")).hour for at in acts.values()}
    assert hours <= set(range(9, 21))
    first, last = min(acts.values()), max(acts.values())
    assert datetime.now(UTC) - timedelta(days=DAYS) - SHORT < first < last < datetime.now(UTC)
    assert (last - first) > timedelta(days=DAYS - 2)
    with tenant(user.id, reading=True) as session:
        assert session.scalars(select(Activity)).first() is not None
    today = datetime.now(UTC).date()
    period = Period(today - timedelta(days=DAYS + 1), today)
    for by in ("source", "day"):
        rows = [row for row in results(user.id, period, by).rows(by) if row.kind == "follow"]
        assert sum(row.counts["done"] for row in rows) == len(followed)
        assert sum(row.measures["follow_back_7"].people for row in rows if row.measures) <= len(followed)
        assert any(row.measures["follow_back_7"].open for row in rows)


def test_the_clocks_are_right_again_afterwards(live, sandbox):
    live(1)
    shown = datetime.fromisoformat(sandbox.post("/clock", seconds=0)["now"])
    assert abs(shown - datetime.now(UTC)) < SHORT


def test_a_past_is_lived_once(live, sandbox):
    live(1)
    user, ledger = demo_user(PAST_USER), sandbox.ledger()
    assert live(1) == (0, f"{PAST_USER} has a past already.\n")
    assert (demo_user(PAST_USER).id, sandbox.ledger()) == (user.id, ledger)


def test_a_past_that_was_cut_off_is_lived_from_its_beginning(live, tmp_path):
    made = ensure_demo_user(PAST_USER)
    assert made
    (tmp_path / past.UNFINISHED).touch()
    assert live(1)[0] == 0
    with identity(reading=True) as session:
        (user,) = session.scalars(select(User).where(User.username == PAST_USER))
    assert user.id != made[0].id
    assert not (tmp_path / past.UNFINISHED).exists()


def test_it_is_lived_against_the_sandbox_alone(live, sandbox):
    assert live(1, INSTAGRAM_SANDBOX="0")[0] == 2
    assert demo_user(PAST_USER) is None
    assert sandbox.ledger() == []


def test_every_past_has_its_troubles_within_its_days():
    for days in (10, 60, 180):
        assert all(0 < one.day < days for one in troubles_of(days))
        assert len({one.day for one in troubles_of(days)}) == 3
