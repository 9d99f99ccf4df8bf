"""An outbox delivers each row at least once, whatever dies, and writes nothing over what was planned since."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.outbox.delivery import BACKOFF, Outbox, Postponed
from bot.storage.models import Mail, new_id
from bot.storage.tenancy import identity
from tests.support.attempts import side_by_side

pytestmark = pytest.mark.usefixtures("base_app")


class Letters(Outbox[Mail]):
    """An outbox whose tries end as the test says."""

    name = "letter"
    table = Mail
    lease = timedelta(minutes=10)
    batch_size = 3

    def __init__(self, attempt: Callable[[Mail], Postponed | None] = lambda _row: None) -> None:
        self.attempt = attempt
        self.tried: list[str] = []

    def send(self, row):
        self.tried.append(row.subject)
        return self.attempt(row)

    def may_retry(self, row, again):
        return again < row.expires_at

    def sent(self, row):
        return {"error_code": None}

    def failed(self, row, failure, *, given_up):
        return {"error_code": failure.code} | ({"text_encrypted": None} if given_up else {})

    def origin_of(self, row):
        return {"user_id": row.user_id, "request_id": row.request_id}

    def described(self, row):
        return {"mail_id": row.id}


def put(*subjects: str, after: int = 0) -> None:
    with identity() as session:
        for number, subject in enumerate(subjects):
            mail = Mail(id=new_id(), purpose="notice", recipient="a@example.org", subject=subject, tries=0)
            mail.created_at, mail.expires_at = now(), now() + timedelta(hours=1)
            mail.due_at, mail.text_encrypted = now() + timedelta(seconds=after + number), b"sealed"
            session.add(mail)
        session.commit()


def rows() -> list[Mail]:
    with identity(reading=True) as session:
        return list(session.scalars(select(Mail).order_by(Mail.subject)))


def fails(name: str = "MAIL_SERVER_AWAY") -> Callable[[Mail], None]:
    def attempt(_row: Mail) -> None:
        raise BotException(name)

    return attempt


def test_a_round_takes_a_batch_of_what_is_due_the_longest_due_first(clock):
    put("a", "b", "c", "d")
    put("later", after=3600)
    clock.advance(seconds=10)
    letters = Letters()
    assert [letters.deliver_due(), letters.deliver_due(), letters.deliver_due()] == [3, 1, 0]
    assert letters.tried == ["a", "b", "c", "d"]
    assert [(row.due_at, row.sent_at, row.tries) for row in rows()[:4]] == [(None, now(), 1)] * 4


@pytest.mark.parametrize("parallel", [False, True])
def test_several_clocks_deliver_each_row_once(base_app, monkeypatch, parallel):
    monkeypatch.setattr(Letters, "side_by_side", parallel)
    monkeypatch.setattr(Letters, "batch_size", 20)
    put(*"abcdefgh")
    with identity() as session:
        session.execute(update(Mail).values(due_at=now()))
        session.commit()
    letters, taken = Letters(), []
    side_by_side(base_app, 4, lambda _: taken.append(letters.deliver_due()))
    assert (sum(taken), sorted(letters.tried)) == (8, list("abcdefgh"))


def test_what_a_dead_clock_had_claimed_comes_again_after_the_lease_and_not_before(clock):
    put("a")

    def dies(_row):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Letters(dies).deliver_due()
    clock.moment = now() + Letters.lease - timedelta(seconds=1)
    assert Letters().deliver_due() == 0
    clock.advance(seconds=1)
    assert Letters().deliver_due() == 1
    assert rows()[0].tries == 2


def test_a_row_that_was_planned_again_during_the_try_is_left_as_it_was_planned(clock):
    put("a")
    planned = now() + timedelta(minutes=3)

    def is_planned_again(row):
        with identity() as session:
            session.execute(update(Mail).where(Mail.id == row.id).values(due_at=planned, tries=0))
            session.commit()

    assert Letters(is_planned_again).deliver_due() == 1
    assert (rows()[0].due_at, rows()[0].tries, rows()[0].sent_at) == (planned, 0, None)


def test_a_late_end_is_not_written_over_the_claim_of_the_next_clock(clock):
    put("a")

    def outlives_its_lease(_row):
        clock.moment = now() + Letters.lease
        assert Letters().deliver_due() == 1
        raise BotException("MAIL_SERVER_AWAY")

    assert Letters(outlives_its_lease).deliver_due() == 0
    assert (rows()[0].error_code, rows()[0].due_at, rows()[0].sent_at) == (None, None, now())


def test_a_failure_is_tried_again_after_pauses_that_double_until_a_try_is_of_no_use(clock):
    put("a")
    letters, pauses = Letters(fails()), []
    while due := rows()[0].due_at:
        clock.moment = due
        letters.deliver_due()
        pauses.append((rows()[0].due_at or due) - due)
    assert [pause.total_seconds() for pause in pauses] == [60, 120, 240, 480, 960, 0]
    assert rows()[0].error_code == BotException("MAIL_SERVER_AWAY").code
    assert rows()[0].text_encrypted is None


def test_no_pause_is_longer_than_the_maximum():
    assert BACKOFF.after(50) == BACKOFF.maximum == timedelta(hours=2).total_seconds()


def test_a_failure_that_stays_is_given_up_at_once():
    put("a")
    Letters(fails("MAIL_RECIPIENT_REFUSED")).deliver_due()
    assert (rows()[0].due_at, rows()[0].tries, rows()[0].text_encrypted) == (None, 1, None)


def test_what_is_postponed_is_neither_failed_nor_delivered(clock):
    put("a")
    look_at = now() + timedelta(seconds=5)
    assert Letters(lambda _row: Postponed(look_at, {"purpose": "looked at"})).deliver_due() == 0
    assert (rows()[0].due_at, rows()[0].sent_at, rows()[0].purpose) == (look_at, None, "looked at")
    clock.advance(seconds=5)
    assert Letters().deliver_due() == 1
