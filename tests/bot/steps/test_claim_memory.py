"""Claims in the memories of Redis and INSTANCE_DIR, and their comparison with a database."""

from datetime import timedelta
from secrets import token_hex

import pytest
from sqlalchemy import select

from bot.automation import generations
from bot.automation.status import bot_report
from bot.config.runtime import now, runtime
from bot.operations.erasure import erase
from bot.steps import restores
from bot.steps.claim_memory import CLAIMS, Mark, all_marks, begin_memory, correct, remember
from bot.steps.restores import Lives, find_restore, remembered
from bot.steps.step import Step
from bot.steps.work import next_work
from bot.storage.models import AuditEntry, BotStatus, Generation
from bot.storage.tenancy import identity, tenant
from tests.bot.driving import claimed, follow_action, signed_in, target_of, work_of
from tests.support.environment import NOON

RUN, OTHER = "life", "other life"


def mark(number: int, generation: str = RUN) -> Mark:
    return Mark(generation, number, token_hex(8), NOON.timestamp())


def test_a_claim_is_written_into_both_memories_after_the_one_before_it(alice, clock):
    for number in (1, 2, 3):
        claim = mark(number)
        assert remember(alice.id, claim, clock.now()).written
        assert all_marks() == [(alice.id, claim)] * 2


@pytest.mark.parametrize(
    ("known", "number", "written"),
    [
        pytest.param(mark(4), 5, True, id="the one before"),
        pytest.param(mark(3), 5, False, id="an older one"),
        pytest.param(mark(5), 5, False, id="another of this number"),
        pytest.param(mark(9), 5, False, id="a later one"),
        pytest.param(mark(4, OTHER), 5, False, id="one of another life"),
        pytest.param(None, 5, False, id="nothing"),
        pytest.param(None, 1, False, id="nothing of a user who was there before it began"),
    ],
)
def test_redis_takes_a_claim_only_if_it_knows_what_comes_before(alice, clock, known, number, written):
    if known:
        correct(alice.id, known)
    found = remember(alice.id, mark(number), clock.now() - timedelta(seconds=1))
    assert found.written is written
    assert set(found.marks) == ({known} if known else set())
    if not written:
        assert {known_to for _, known_to in all_marks()} == ({known} if known else set())


def test_a_call_that_redis_gets_twice_is_one_claim(alice, clock):
    claim = mark(1)
    for _ in range(2):
        found = remember(alice.id, claim, clock.now())
        assert (found.written, found.marks) == (True, [])


def test_a_memory_that_began_earlier_knows_that_a_new_user_did_nothing(alice, clock):
    runtime().redis.delete(CLAIMS)
    begin_memory()
    clock.advance(hours=1)
    begin_memory()
    assert remember(alice.id, mark(1), clock.now()).written
    assert not remember(alice.id, mark(1), clock.now() - timedelta(hours=2)).written


def test_a_disk_that_takes_nothing_leaves_it_to_redis(alice, clock, config):
    (config.instance_dir / "claims").write_text("in the way")
    assert remember(alice.id, mark(1), clock.now()).written
    assert len(all_marks()) == 1


def test_a_broken_file_knows_nothing(alice, clock, config):
    correct(alice.id, mark(1))
    (config.instance_dir / "claims" / alice.id).write_bytes(b"\xff\x00half a line")
    assert remember(alice.id, mark(2), clock.now()).written


def test_what_is_on_the_disk_is_for_its_owner_alone(alice, config):
    correct(alice.id, mark(1))
    folder = config.instance_dir / "claims"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / alice.id).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("generation", "number", "hours", "cause", "newer"),
    [
        ("now", 5, 0, None, False),
        ("now", 6, 0, None, True),
        ("now", 6, 0, "found", True),
        ("before", 99, 0, "found", False),
        ("before", 99, 5, "found", False),
        ("unknown", 1, -5, None, True),
        ("unknown", 1, 5, "found", True),
        ("unknown", 1, -5, "found", False),
    ],
)
def test_a_mark_is_newer_than_the_database_or_not(clock, base_app, generation, number, hours, cause, newer):
    lives = Lives(frozenset({"before", "now"}), "now", cause, now())
    at = (now() + timedelta(hours=hours)).timestamp()
    assert lives.is_newer(Mark(generation, number, "0", at), 5) is newer


def test_nothing_is_found_where_nothing_was_put_back(ready):
    assert not find_restore()
    follow_action(ready)
    work = work_of(ready)
    assert remembered(Step(ready.id, work), claimed(ready, work))
    assert not find_restore()


def test_a_claim_that_the_database_does_not_know_holds_every_bot(ready, bob):
    follow_action(ready)
    work = work_of(ready)
    assert remembered(Step(ready.id, work), claimed(ready, work))
    with tenant(ready.id) as session:
        session.scalars(select(BotStatus)).one().claim_number = 0
        session.commit()
    assert find_restore()
    for user in (ready, bob):
        verdict = bot_report(user.id).verdict
        assert (verdict.state, verdict.reason, verdict.who) == ("halted", "DATABASE_RESTORED", "admin")
    assert not find_restore()
    with identity() as session:
        events = session.scalars(select(AuditEntry.event)).all()
    assert events.count("restore_found") == 1


def test_a_claim_of_yesterdays_life_is_not_made(ready):
    action_id = follow_action(ready)
    work = work_of(ready)
    target = claimed(ready, work)
    restores.hold_all("declared")
    assert not remembered(Step(ready.id, work), target)
    assert target_of(ready, action_id, target.target).status == "pending"


def test_a_claim_that_redis_does_not_expect_is_doubted_and_open_again(ready, clock):
    action_id = follow_action(ready)
    runtime().redis.flushall()
    clock.advance(hours=1)
    work = work_of(ready)
    target = claimed(ready, work)
    assert not remembered(Step(ready.id, work), target)
    assert target_of(ready, action_id, target.target).status == "pending"
    assert not generations.held_since()
    with tenant(ready.id) as session:
        assert session.scalars(select(BotStatus.doubted_at)).one() == clock.now()
    # The inbox is read before anything else.
    assert next_work(ready.id).chore == "catch_up"


def test_who_is_erased_is_no_sign_of_a_restore(ready, ada, config):
    follow_action(ready)
    work = work_of(ready)
    assert remembered(Step(ready.id, work), claimed(ready, work))
    kept = next(known for user_id, known in all_marks() if user_id == ready.id)
    erase(signed_in(ada), ready.id)
    assert all_marks() == []
    # As on the disk of another machine.
    correct(ready.id, kept)
    assert not find_restore()
    assert all_marks() == []


def test_a_user_whom_nobody_erased_is(ready, ada):
    correct("00000000-0000-0000-0000-000000000000", mark(1, present()))
    assert find_restore()


def present() -> str:
    with identity() as session:
        return session.scalars(select(Generation.id).order_by(Generation.number.desc())).all()[0]


def test_a_release_is_recorded_and_done_once(ada, clock):
    restores.hold_all("declared")
    held = generations.last_restore()
    assert (held.cause, held.began_at, held.released_at) == ("declared", clock.now(), None)
    clock.advance(minutes=5)
    assert generations.release_bots(ada.id)
    assert not generations.release_bots(ada.id)
    released = generations.last_restore()
    assert (released.released_at, released.released_by) == (clock.now(), "ada")
    with identity() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.event.in_(("restore_declared", "bots_released"))))
        assert sorted((row.event, row.actor_id) for row in rows) == [
            ("bots_released", ada.id),
            ("restore_declared", None),
        ]
