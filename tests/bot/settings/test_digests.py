"""The daily digest: in the user's morning, at most once a day, with counts and without a word of anyone else."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.settings import digests
from bot.settings.digests import LATEST, OUTBOX, next_morning, send_digests
from bot.settings.notifications import Notifications, choose_notifications, notifications_report
from bot.settings.preferences import Settings, change_settings
from bot.storage.models import Contact, Digest, User
from bot.storage.tenancy import identity, tenant
from tests.bot.driving import do_step, follow_action, message_action, refuse_step
from tests.support.attempts import side_by_side
from tests.support.mails import mails_to, verified

ADDRESS = "alice@example.org"


def switch(user, on=True):
    return choose_notifications(user.id, Notifications(digest=on))


def due(user):
    with tenant(user.id, reading=True) as session:
        return session.scalars(select(Digest.due_at)).one_or_none()


def to_morning(clock, user, late=timedelta()):
    clock.moment = due(user) + late


@pytest.fixture
def told(ready):
    """Alice with a working bot, a verified address and a digest every morning."""
    verified(ready.id, ADDRESS)
    switch(ready)
    return ready


@pytest.mark.parametrize(
    ("timezone", "after", "expected"),
    [
        ("UTC", "2026-03-10T07:59", "2026-03-10T08:00"),
        ("UTC", "2026-03-10T08:00", "2026-03-11T08:00"),
        ("Asia/Kathmandu", "2026-03-10T12:00", "2026-03-11T02:15"),
        ("Europe/Berlin", "2026-03-28T20:00", "2026-03-29T06:00"),
        ("America/Los_Angeles", "2026-03-10T03:00", "2026-03-10T15:00"),
    ],
)
def test_the_morning_is_that_of_the_zone(timezone, after, expected):
    at = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (after, expected)]
    assert next_morning(timezone, at[0]) == at[1]


def test_it_is_off_until_the_user_asks_for_it(ready, clock):
    verified(ready.id, ADDRESS)
    follow_action(ready)
    do_step(ready, clock)
    clock.advance(hours=20)
    send_digests()
    assert (mails_to(ADDRESS), notifications_report(ready.id).digest) == ([], False)


def test_it_needs_a_verified_address(alice):
    with pytest.raises(BotException) as raised:
        switch(alice)
    assert raised.value.name == "ALERT_EMAIL_UNVERIFIED"
    assert not notifications_report(alice.id).digest


def test_it_tells_in_the_morning_what_was_done_and_what_is_needed(told, clock):
    follow_action(told, people=3, amount=2)
    do_step(told, clock)
    refuse_step(told, clock, "INSTAGRAM_PERSON_PRIVATE")
    clock.advance(minutes=1)
    do_step(told, clock)
    send_digests()
    assert mails_to(ADDRESS) == []
    to_morning(clock, told)
    send_digests()
    (mail,) = mails_to(ADDRESS)
    assert mail.subject == "Your bot's last day"
    for words in ("Followed 2 people", "1 step failed", "1 action ended"):
        assert f"  - {words}\n" in mail.text + "\n"
    assert "Needs you" not in mail.text
    assert "person0" not in mail.text
    refuse_session(told, clock)
    to_morning(clock, told)
    send_digests()
    latest = mails_to(ADDRESS)[0]
    assert latest.subject == "Your bot needs you"
    assert "Needs you:\n  - " in latest.text


def refuse_session(user, clock):
    follow_action(user)
    refuse_step(user, clock, "INSTAGRAM_LOGGED_OUT")


def test_it_quotes_nobody(told, clock):
    message_action(told, "ann", message="canary of the user")
    do_step(told, clock)
    with tenant(told.id) as session:
        contact = session.scalars(select(Contact)).one()
        contact.answered_at, contact.answer_id = clock.now(), "canary-answer"
        contact.stopped_at = clock.now()
        session.commit()
    to_morning(clock, told)
    send_digests()
    (mail,) = mails_to(ADDRESS)
    assert "  - Sent 1 message\n" in mail.text
    assert "  - 1 person answered\n" in mail.text
    assert "  - 1 person asked not to be contacted\n" in mail.text
    assert "canary" not in mail.text
    assert "ann" not in mail.text.replace("alice", "")


def test_without_news_there_is_no_mail(told, clock):
    to_morning(clock, told)
    send_digests()
    assert mails_to(ADDRESS) == []
    assert due(told) == clock.now() + timedelta(days=1)


def with_news(user, clock):
    follow_action(user)
    do_step(user, clock)


def test_it_comes_once_a_day_however_often_the_clock_starts(base_app, told, clock):
    with_news(told, clock)
    to_morning(clock, told)
    side_by_side(base_app, 3, lambda _: send_digests())
    for _ in range(12):
        clock.advance(minutes=20)
        send_digests()
    assert len(mails_to(ADDRESS)) == 1
    assert due(told) - clock.now() < timedelta(days=1)


def test_a_clock_that_dies_after_the_mail_writes_no_second_one(told, clock, monkeypatch):
    with_news(told, clock)
    to_morning(clock, told)
    monkeypatch.setattr(OUTBOX, "_save", lambda *_: None)
    send_digests()
    monkeypatch.undo()
    clock.moment += OUTBOX.lease
    send_digests()
    assert len(mails_to(ADDRESS)) == 1
    assert due(told) > clock.now() + timedelta(hours=20)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_a_change_of_the_zone_brings_no_second_one_on_that_day(told, clock, zone):
    with_news(told, clock)
    to_morning(clock, told)
    send_digests()
    first = clock.now()
    change_settings(told.id, Settings(timezone=zone))
    assert due(told) >= first + digests.LEAST_APART
    switch(told, on=False)
    switch(told)
    assert due(told) >= first + digests.LEAST_APART
    assert next_morning(zone, due(told) - timedelta(seconds=1)) == due(told)


def test_one_that_is_hours_late_is_left_out(told, clock):
    with_news(told, clock)
    to_morning(clock, told, LATEST)
    send_digests()
    assert mails_to(ADDRESS) == []
    assert due(told) == clock.now() - LATEST + timedelta(days=1)


@pytest.mark.parametrize("change", [{"email_verified_at": None}, {"is_active": False}])
def test_it_goes_to_no_unverified_address_and_to_no_disabled_user(told, clock, change):
    with_news(told, clock)
    with identity() as session:
        session.execute(update(User).where(User.id == told.id).values(change))
        session.commit()
    to_morning(clock, told)
    send_digests()
    assert mails_to(ADDRESS) == []
    assert due(told) == clock.now() + timedelta(days=1)


def test_a_failure_of_one_is_told_to_the_log_and_the_next_comes_tomorrow(told, clock, monkeypatch):
    def fail(_user_id):
        raise BotException("VAULT_REFUSED")

    monkeypatch.setattr(digests, "news_of", fail)
    to_morning(clock, told)
    send_digests()
    assert due(told) == clock.now() + timedelta(days=1)
    assert runtime().config.has_mail


def test_switched_off_nothing_comes(told, clock):
    with_news(told, clock)
    at = due(told)
    switch(told, on=False)
    clock.moment = at
    send_digests()
    assert (mails_to(ADDRESS), due(told)) == ([], None)
