"""A request that comes twice under one key is done once, and answered twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from bot.core.errors import BotException
from bot.history.idempotency import ABANDONED_AFTER, TTL, StoredAnswer, begin, discard, store, store_failure
from bot.operations.housekeeping import run_housekeeping
from bot.storage.models import IdempotencyRecord
from bot.storage.tenancy import identity, tenant

pytestmark = pytest.mark.usefixtures("base_app")
REQUEST = ["/api/bot/login", {"username": "ann", "password": "canary"}]
ANSWER = StoredAnswer(202, {"pending": True}, {"Location": "/api/bot/requests/1"})


def test_the_answer_is_given_again(alice):
    assert begin(alice.id, "one", REQUEST) is None
    store(alice.id, "one", ANSWER)
    assert begin(alice.id, "one", REQUEST) == ANSWER
    assert begin(alice.id, "two", REQUEST) is None


def test_a_key_is_one_users(alice, bob):
    begin(alice.id, "one", REQUEST)
    store(alice.id, "one", ANSWER)
    assert begin(bob.id, "one", REQUEST) is None


def test_another_request_under_the_same_key_is_refused(alice):
    begin(alice.id, "one", REQUEST)
    for other in ([REQUEST[0], {"username": "ben"}], ["/api/users", REQUEST[1]]):
        with pytest.raises(BotException, match="IDEMPOTENCY_KEY_REUSED"):
            begin(alice.id, "one", other)


def test_while_it_is_worked_on_that_is_said(alice):
    begin(alice.id, "one", REQUEST)
    with pytest.raises(BotException, match="IDEMPOTENCY_IN_PROGRESS") as refusal:
        begin(alice.id, "one", REQUEST)
    assert refusal.value.meta["retry_after"] == 1


def test_many_at_once_are_done_once(base_app, alice):
    def at_once(_number):
        with base_app.app_context():
            try:
                return begin(alice.id, "one", REQUEST)
            except BotException as refusal:
                return refusal.name

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(at_once, range(16)))
    assert outcomes.count(None) == 1
    assert outcomes.count("IDEMPOTENCY_IN_PROGRESS") == 15


def test_a_failure_that_stays_is_answered_again_and_one_that_passes_is_tried_again(alice):
    begin(alice.id, "one", REQUEST)
    refusal = BotException("USERNAME_TAKEN", "Taken.", errors=[{"field": "username", "code": "X", "message": "Y"}])
    store_failure(alice.id, "one", refusal)
    with pytest.raises(BotException) as again:
        begin(alice.id, "one", REQUEST)
    assert (again.value.name, again.value.message, again.value.meta) == (refusal.name, "Taken.", refusal.meta)
    for passing in ("QUEUE_UNAVAILABLE", "VAULT_REFUSED"):
        begin(alice.id, passing, REQUEST)
        store_failure(alice.id, passing, BotException(passing))
        assert begin(alice.id, passing, REQUEST) is None


def test_what_came_to_nothing_frees_its_key(alice, clock):
    begin(alice.id, "one", REQUEST)
    discard(alice.id, "one")
    assert begin(alice.id, "one", REQUEST) is None
    clock.advance(seconds=ABANDONED_AFTER.total_seconds())
    assert begin(alice.id, "one", REQUEST) is None


def test_an_answer_is_kept_for_a_day_and_removed_by_the_clock(alice, clock):
    begin(alice.id, "one", REQUEST)
    store(alice.id, "one", ANSWER)
    clock.advance(seconds=TTL.total_seconds() - 1)
    run_housekeeping()
    assert begin(alice.id, "one", REQUEST) == ANSWER
    clock.advance(seconds=1)
    run_housekeeping()
    with identity(reading=True) as session:
        assert session.scalar(select(func.count(IdempotencyRecord.id))) == 0
    assert begin(alice.id, "one", REQUEST) is None


def test_nothing_of_the_request_is_kept_that_a_password_could_be_guessed_from(alice, bob):
    for user in (alice, bob):
        begin(user.id, "one", REQUEST)
    digests = []
    for user in (alice, bob):
        with tenant(user.id, reading=True) as session:
            row = session.scalars(select(IdempotencyRecord)).one()
            assert "canary" not in str(vars(row))
            digests.append(row.request_digest)
    assert digests[0] != digests[1]
