"""The hold of all bots once Instagram refuses the version of the client."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.automation import client_versions
from bot.automation.status import bot_report
from bot.automation.wakeups import due_user_ids, missed_user_ids
from bot.core.errors import BotException
from bot.decision.blocks import require_not_blocked
from bot.linking import outcomes
from bot.linking.app_versions import SPREAD, app_version_of, takes_own_app
from bot.steps.step import Step
from bot.storage.models import AuditEntry, BotStatus, InstagramCredentials
from bot.storage.tenancy import identity, tenant
from tests.bot.driving import claimed, count, follow_action, signed_in, work_of

OUTDATED = "INSTAGRAM_CLIENT_OUTDATED"
SESSION = '{"device_settings": {"app_version": "100.0"}, "cookies": {"sessionid": "x"}}'


def refused(version: str = "2.0") -> BotException:
    return BotException(OUTDATED, delivered="no", refused_client=version, refused_app="200.0")


def verdict(user):
    report = bot_report(user.id).verdict
    return report.state, report.reason, report.who


@pytest.fixture
def holding(ready, base_app):
    client_versions.note_started("2.0", "200.0")
    assert client_versions.hold_if_refused(refused())
    return ready


def test_no_version_is_known_before_a_worker_has_started(base_app):
    assert client_versions.client_version() is None
    assert client_versions.outdated_since() is None


def test_a_refused_version_holds_every_bot_and_says_so(holding, clock):
    assert verdict(holding) == ("halted", OUTDATED, "admin")
    known = client_versions.client_version()
    assert (known.held, known.version, known.app_version, known.refused_at) == (True, "2.0", "200.0", clock.moment)
    with tenant(holding.id, reading=True) as session, pytest.raises(BotException, match=OUTDATED):
        require_not_blocked(session, holding.id)
    assert bot_report(holding.id).session_valid


def test_the_clock_wakes_nobody_until_the_bots_are_released(holding, ada):
    assert due_user_ids() == missed_user_ids() == []
    client_versions.release_client(ada.id)
    assert due_user_ids() == missed_user_ids() == [holding.id]


def test_a_second_refusal_changes_nothing(holding, clock):
    since = client_versions.outdated_since()
    clock.advance(minutes=5)
    assert client_versions.hold_if_refused(refused())
    assert client_versions.outdated_since() == since
    assert [event for event in events() if event == "client_refused"] == ["client_refused"]


def events():
    with identity(reading=True) as session:
        return list(session.scalars(select(AuditEntry.event).order_by(AuditEntry.id)))


def test_the_refusal_of_an_older_app_holds_nobody(ready):
    client_versions.note_started("2.0", "200.0")
    assert not client_versions.hold_if_refused(BotException(OUTDATED, delivered="no"))
    assert not client_versions.hold_if_refused(BotException("INSTAGRAM_REFUSED", refused_client="2.0"))
    assert client_versions.outdated_since() is None


def test_the_same_version_that_starts_again_ends_no_hold(holding, clock):
    clock.advance(minutes=1)
    client_versions.note_started("2.0", "200.0")
    assert verdict(holding) == ("halted", OUTDATED, "admin")


@pytest.mark.parametrize("version", ["3.0", "1.0"])
def test_another_version_ends_the_hold(holding, clock, version):
    revision = revision_of(holding)
    clock.advance(minutes=1)
    client_versions.note_started(version, "300.0")
    assert client_versions.outdated_since() is None
    assert client_versions.client_version().version == version
    assert verdict(holding)[1] != OUTDATED
    assert revision_of(holding) > revision
    assert "client_replaced" in events()


def revision_of(user):
    with tenant(user.id, reading=True) as session:
        return session.scalars(select(BotStatus.revision)).one()


def test_an_admin_releases_the_bots_until_it_is_refused_again(holding, ada, clock):
    admin = signed_in(ada)
    assert client_versions.release_client(admin.id)
    assert not client_versions.release_client(admin.id)
    assert verdict(holding)[1] != OUTDATED
    known = client_versions.client_version()
    assert (known.held, known.released_by) == (False, "ada")
    clock.advance(minutes=1)
    assert client_versions.hold_if_refused(refused())
    assert verdict(holding) == ("halted", OUTDATED, "admin")
    assert client_versions.client_version().released_by is None


def test_the_person_whose_step_was_refused_is_not_used_up_and_nothing_counts_as_failed(ready):
    action_id = follow_action(ready)
    work = work_of(ready)
    Step(ready.id, work).fail(claimed(ready, work), refused())
    assert count(ready, action_id, "pending") == 60
    assert bot_report(ready.id).verdict.rule != "failure"


def test_sessions_are_counted_by_their_app_version(ready):
    client_versions.note_started("2.0", "200.0")
    with tenant(ready.id) as session:
        session.execute(update(InstagramCredentials).values(linked_at=None))
        session.commit()
    assert client_versions.client_version().sessions == {}
    with tenant(ready.id) as session:
        outcomes.store_session(session, session_data=SESSION, instagram_id="1", username="a", password="b")
        session.commit()
    assert client_versions.client_version().sessions == {"100.0": 1}


@pytest.mark.parametrize("text", ["", "x", "[]", "{}", '{"device_settings": null}', '{"device_settings": {}}'])
def test_a_session_without_an_app_version_has_none(text):
    assert app_version_of(text) is None


def test_an_account_takes_the_app_of_a_new_client_within_days_and_not_all_at_the_same_time(ready, ada, clock):
    def is_due(user, moment):
        clock.moment = moment
        with tenant(user.id, reading=True) as session:
            return takes_own_app(session)

    def due_at(user):
        """Bisect to the second: of hours two users may have the same."""
        before, after = began, began + SPREAD
        while after - before > timedelta(seconds=1):
            middle = before + (after - before) / 2
            before, after = (before, middle) if is_due(user, middle) else (middle, after)
        return after

    began = clock.moment
    assert not is_due(ready, began)
    client_versions.note_started("2.0", "200.0")
    assert is_due(ready, began + SPREAD)
    assert is_due(ada, began + SPREAD)
    assert due_at(ready) != due_at(ada)
