"""Changes of users by administrators, and forbidden ones, such as removing the last administrator."""

import threading

import pytest
from sqlalchemy import select

from bot.actions.placing import FollowHashtag, follow_hashtag
from bot.auth.sessions import sessions
from bot.automation import lifecycle
from bot.automation.status import bot_report
from bot.core.errors import BotException
from bot.operations.user_admin import UserChange, change_user, list_users
from bot.steps.outcomes import Outcome
from bot.steps.step import Step
from bot.steps.work import Nothing, next_work
from bot.storage.models import AuditEntry, User
from bot.storage.tenancy import identity
from bot.users.directory import get_user
from bot.users.sign_in import SignIn, sign_in
from tests.bot.driving import claim, follow_action, signed_in, target_of, work_of
from tests.support.mails import mails_to, verified
from tests.support.people import PASSWORD, VISITOR, make_somebody

OFF = UserChange(is_active=False)


def events():
    with identity(reading=True) as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.at)).all()
    return [(row.event, row.actor_id, row.subject_id, row.detail) for row in rows if row.event != "user_created"]


def test_disabling_ends_every_sign_in_at_once_and_stops_the_bot(ready, ada):
    change_user(signed_in(ada), ready.id, OFF)
    assert sessions.find(ready.token, "bearer") is None
    with pytest.raises(BotException, match="WRONG_CREDENTIALS"):
        sign_in(SignIn(username="alice", password=PASSWORD), VISITOR)
    report = bot_report(ready.id)
    assert (report.bot_running, report.verdict.reason, report.verdict.who) == (False, "USER_DISABLED", "admin")


def test_a_step_of_a_disabled_user_is_neither_handed_out_nor_claimed(ready, ada):
    action_id = follow_action(ready)
    work = work_of(ready)
    change_user(signed_in(ada), ready.id, OFF)
    assert claim(ready, work) == Nothing(None)
    assert target_of(ready, action_id, work.pending[0].target).status == "pending"
    assert next_work(ready.id) == Nothing(None)


def test_nothing_is_placed_or_started_for_a_disabled_user(ready, ada):
    change_user(signed_in(ada), ready.id, OFF)
    for asked in (
        lambda: lifecycle.start(ready.id),
        lambda: follow_hashtag(ready.id, FollowHashtag(hashtag="x", amount=1)),
    ):
        with pytest.raises(BotException, match="USER_DISABLED"):
            asked()


def test_enabling_starts_nothing_by_itself(ready, ada):
    admin = signed_in(ada)
    change_user(admin, ready.id, OFF)
    change_user(admin, ready.id, UserChange(is_active=True))
    assert bot_report(ready.id).verdict.reason == "BOT_STOPPED"
    assert sessions.find(ready.token, "bearer") is None
    assert sign_in(SignIn(username="alice", password=PASSWORD), VISITOR).user.id == ready.id
    lifecycle.start(ready.id)
    assert bot_report(ready.id).verdict.reason == "NO_WORK"


def test_what_is_left_out_stays_and_what_is_changed_is_audited_without_names(alice, ada):
    admin = signed_in(ada)
    change_user(admin, alice.id, UserChange(email="alice@example.org"))
    changed = change_user(admin, alice.id, UserChange(username="Alicia", role="admin"))
    assert (changed.username, changed.role, changed.email) == ("alicia", "admin", "alice@example.org")
    change_user(admin, alice.id, UserChange(username="alicia", role="admin"))
    assert change_user(admin, alice.id, UserChange(email=None)).email is None
    expected = [("email_set", None), ("role_changed", "admin"), ("username_changed", None), ("email_set", None)]
    assert sorted(events()) == sorted((event, ada.id, alice.id, detail) for event, detail in expected)


def test_who_came_by_way_of_instagram_keeps_the_name_when_something_else_is_changed(ada):
    user = make_somebody("ig.alice")
    changed = change_user(signed_in(ada), user.id, UserChange(username="ig.alice", role="admin"))
    assert (changed.username, changed.role) == ("ig.alice", "admin")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (UserChange(username="bob"), "USERNAME_TAKEN"),
        (UserChange(username="ig.alice"), "USERNAME_TAKEN"),
        (UserChange(username="bob", is_active=False, role="admin"), "USERNAME_TAKEN"),
    ],
)
def test_what_is_refused_changes_nothing(alice, bob, ada, change, code):
    with pytest.raises(BotException, match=code):
        change_user(signed_in(ada), alice.id, change)
    user = get_user(alice.id)
    assert (user.username, user.role, user.is_active) == ("alice", "user", True)
    assert sessions.find(alice.token, "bearer") is not None
    assert events() == []


@pytest.mark.parametrize("change", [OFF, UserChange(role="user")])
def test_nobody_disables_or_demotes_themselves(ada, change):
    make_somebody("another", "admin")
    with pytest.raises(BotException, match="OWN_RIGHTS"):
        change_user(signed_in(ada), ada.id, change)
    assert change_user(signed_in(ada), ada.id, UserChange(username="ada2", role="admin")).username == "ada2"


@pytest.mark.parametrize("email", ["stranger@example.org", None])
def test_the_address_of_an_administrator_is_not_theirs_to_set_without_being_asked_who_they_are(ada, email):
    """Otherwise a person at an administrator's open sign-in could have a new password sent to themselves."""
    verified(ada.id, "ada@example.org")
    with pytest.raises(BotException, match="OWN_RIGHTS"):
        change_user(signed_in(ada), ada.id, UserChange(email=email))
    unchanged = UserChange(email="ada@example.org", role="admin")
    assert change_user(signed_in(ada), ada.id, unchanged).email_verified_at is not None
    assert mails_to("ada@example.org") == mails_to("stranger@example.org") == []


@pytest.mark.parametrize("change", [OFF, UserChange(role="user")])
def test_the_last_active_administrator_stays_one(alice, ada, change):
    second = make_somebody("second", "admin")
    as_second = signed_in(second)
    change_user(signed_in(ada), second.id, OFF)
    with pytest.raises(BotException, match="LAST_ADMIN"):
        change_user(as_second, ada.id, change)


def test_of_two_administrators_who_disable_each_other_at_once_one_stays(base_app, ada):
    second = make_somebody("second", "admin")
    first, other = signed_in(ada), signed_in(second)
    refused, barrier = [], threading.Barrier(2)

    def disable(admin, user_id):
        with base_app.app_context():
            barrier.wait()
            try:
                change_user(admin, user_id, OFF)
            except BotException as error:
                refused.append(error.name)

    threads = [threading.Thread(target=disable, args=pair) for pair in ((first, second.id), (other, ada.id))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["LAST_ADMIN"]
    assert [get_user(user_id).is_active for user_id in (ada.id, second.id)].count(True) == 1


def test_users_are_found_by_name_and_address(alice, bob, ada):
    change_user(signed_in(ada), bob.id, UserChange(email="Bob_100%@example.org"))

    def found(search):
        return {one.user.username for one in list_users(10, None, search).items}

    assert found("ALI") == {"alice"}
    assert found("100%@") == {"bob"}
    assert found("%") == {"bob"}
    assert found("nobody") == set()
    assert found(None) == found("  ") == {"alice", "bob", "ada"}


def test_a_user_who_does_not_exist_is_not_found(ada):
    with pytest.raises(BotException, match="USER_NOT_FOUND"):
        change_user(signed_in(ada), "no such id", OFF)
    with identity(reading=True) as session:
        assert session.scalars(select(User.is_active)).all() == [True]


def test_who_claims_first_ends_and_who_disables_waits_for_it(ready, ada):
    follow_action(ready)
    work = work_of(ready)
    taken = claim(ready, work)
    change_user(signed_in(ada), ready.id, OFF)
    Step(ready.id, work).finish(taken, Outcome())
    assert next_work(ready.id) == Nothing(None)
    assert isinstance(Step(ready.id, work).claim(work.pending[1]), Nothing)
