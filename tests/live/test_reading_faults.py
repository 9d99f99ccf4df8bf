"""Readings that are refused, hang, lie or die: nothing is lost, and nothing is counted twice."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.decision.verdicts import RunChore
from bot.readings import state
from bot.readings.plan import MEASURE_PER_DAY
from bot.readings.report import readings_report
from bot.steps.work import next_work
from bot.storage.models import AccountDay, BotStatus, FollowerRead, Person, Relation
from bot.storage.tenancy import tenant
from jobs import readings
from tests.live.measuring import ACCOUNT, asked, follows, measures, on_sqlite, only, relations
from tests.live.measuring import app as app
from tests.live.measuring import clock as clock
from tests.live.measuring import passes as passes
from tests.live.measuring import user_id as user_id
from tests.live.test_steps import step


@on_sqlite
def test_no_more_than_the_budget_is_read_a_day_and_the_page_says_so(user_id, sandbox, clock):
    measures(user_id, clock)
    with tenant(user_id) as session:
        session.execute(update(AccountDay).values(reads=MEASURE_PER_DAY - 1))
        session.execute(update(FollowerRead).values(read_at=now() - timedelta(days=2)))
        session.execute(update(BotStatus).values(measure_at=None))
        session.commit()
    before = asked(sandbox, "read")
    measures(user_id, clock)
    assert only(user_id, AccountDay).reads == MEASURE_PER_DAY - 1
    begun = state.begin(user_id)
    assert begun is None
    with tenant(user_id) as session:
        session.execute(update(AccountDay).values(reads=MEASURE_PER_DAY))
        session.commit()
    assert (readings_report(user_id).state, readings_report(user_id).read_today) == ("used_up", MEASURE_PER_DAY)
    assert asked(sandbox, "read") == before


@on_sqlite
@pytest.mark.parametrize("fault", ["hang", "server_error", "cut", "html", "drop"])
def test_a_reading_that_fails_counts_as_read_keeps_nothing_and_is_tried_again_later(user_id, sandbox, clock, fault):
    sandbox.fault(ACCOUNT, "user_info", fault)
    step(user_id)

    day = only(user_id, AccountDay)
    assert (day.reads, day.read_at, day.followers) == (1, None, None)
    assert readings_report(user_id).state == "failing"
    assert only(user_id, BotStatus).measure_at == clock.moment + state.RETRY
    assert only(user_id, BotStatus).next_step_at is None
    clock.moment += state.RETRY
    measures(user_id, clock)
    assert (only(user_id, AccountDay).followers, readings_report(user_id).state) == (40, "on")


@on_sqlite
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("users/\\d+/info", {"user": {"follower_count": "40", "following_count": 0, "media_count": 0}, "status": "ok"}),
        ("users/\\d+/info", {"user": {"follower_count": 40}, "status": "ok"}),
        ("users/\\d+/info", {"status": "ok"}),
    ],
)
def test_counts_that_make_no_sense_are_no_counts(user_id, sandbox, path, body):
    sandbox.post("/faults", account=ACCOUNT, path=path, reply={"status": 200, "body": body})
    step(user_id)
    assert only(user_id, AccountDay).followers is None


@on_sqlite
def test_a_request_to_wait_lets_the_whole_bot_rest(user_id, sandbox):
    sandbox.fault(ACCOUNT, "user_info", "please_wait")
    step(user_id)
    assert next_work(user_id) != RunChore("measure")
    assert only(user_id, BotStatus).verdict == "COOL_DOWN" or only(user_id, BotStatus).verdict == "NO_WORK"


@on_sqlite
@pytest.mark.parametrize("dies_at", ["before", "after"])
def test_a_worker_that_dies_during_a_reading_loses_nothing_and_counts_the_read_once(
    user_id, sandbox, clock, monkeypatch, dies_at
):
    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(readings, "record_counts" if dies_at == "after" else "spend", killed)
        with pytest.raises(Killed):
            step(user_id)
    reads = 1 if dies_at == "after" else 0
    assert only(user_id, AccountDay).reads == reads
    assert only(user_id, AccountDay).followers is None
    clock.moment += state.RETRY
    measures(user_id, clock)
    assert (only(user_id, AccountDay).followers, only(user_id, AccountDay).reads) == (40, reads + 2)


@on_sqlite
def test_a_list_that_is_cut_short_without_a_word_says_of_nobody_that_they_left(user_id, sandbox, passes, clock):
    measures(user_id, clock)
    sandbox.post("/scripts", username="*", follow_back=True, accept=True)
    follows(user_id, clock, 2)
    passes(hours=9)
    measures(user_id, clock)
    assert all(one.back_at for one in relations(user_id).values())
    sandbox.post("/lists", account=ACCOUNT, shown=1, told=False)
    passes(days=1)
    measures(user_id, clock)

    assert {one.gone_at for one in relations(user_id).values()} == {None}


@on_sqlite
def test_a_failure_has_a_name_that_the_page_can_tell(user_id):
    state.begin(user_id)
    state.note_failure(user_id, BotException("INSTAGRAM_TIMEOUT"))
    assert readings_report(user_id).error_code == BotException("INSTAGRAM_TIMEOUT").code


@on_sqlite
@pytest.mark.parametrize(("status", "kept"), [({}, (False, False)), ({"following": True}, (True, False))])
def test_a_request_that_is_left_out_of_a_reply_stays_open(user_id, sandbox, passes, clock, status, kept):
    sandbox.post("/scripts", username="*")
    measures(user_id, clock)
    follows(user_id, clock, 1)
    passes(hours=9)
    measures(user_id, clock)
    passes(days=1)
    with tenant(user_id) as session:
        session.execute(update(Relation).values(requested_at=now() - timedelta(days=1), followed_at=None))
        session.commit()
    with tenant(user_id, reading=True) as session:
        known = session.scalars(select(Person.instagram_id).join(Relation, Relation.person_id == Person.id)).one()
    told = {known: status | {"outgoing_request": False}} if status else {}
    body = {"friendship_statuses": told, "status": "ok"}
    sandbox.post("/faults", account=ACCOUNT, path="show_many", reply={"status": 200, "body": body})
    measures(user_id, clock)

    (one,) = relations(user_id).values()
    assert (one.accepted_at is not None, one.declined_at is not None) == kept
    assert one.asked_at is not None
