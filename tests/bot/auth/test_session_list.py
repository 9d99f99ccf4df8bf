"""Lists of sign-ins: what users see and may end, what administrators may, and what is deleted."""

import pytest
from redis import Redis
from sqlalchemy import select

from bot.auth import session_list
from bot.auth.sessions import sessions
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.storage.models import AuditEntry, UserSession
from bot.storage.tenancy import identity
from bot.users.sign_in import SignIn, sign_in
from tests.support.environment import config_for
from tests.support.people import PASSWORD, VISITOR

pytestmark = pytest.mark.usefixtures("base_app")
PHONE = Visitor("192.0.2.7", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1")
NOBODYS = "11111111-1111-4111-8111-111111111111"


@pytest.fixture(params=["database", "redis", "memory"])
def storage(request):
    return request.param


@pytest.fixture
def config(tmp_path, database_url, redis_url, storage):
    Redis.from_url(redis_url).flushall()
    return config_for(tmp_path, database_url, redis_url, session_storage=storage)


def who(somebody):
    return sessions.find(somebody.token, "bearer")


@pytest.fixture
def phone(alice, clock):
    """Another sign-in of alice, a minute later."""
    clock.advance(minutes=1)
    return sign_in(SignIn(username="alice", password=PASSWORD), PHONE)


def mine(somebody, limit=50, cursor=None):
    return session_list.list_own(who(somebody), limit, cursor).items


def audited(event):
    with identity(reading=True) as session:
        return session.scalars(select(AuditEntry).where(AuditEntry.event == event)).all()


def test_the_list_tells_where_since_when_and_which_one_this_is(alice, phone, clock):
    newest, oldest = mine(alice)
    assert (newest.device, newest.ip, newest.current) == ("Safari on iPhone", "192.0.2.7", False)
    assert (oldest.device, oldest.ip, oldest.current) == ("tests", "127.0.0.1", True)
    assert newest.created_at == newest.last_seen_at == clock.now()
    assert (newest.expires_at - newest.created_at).total_seconds() == 86400
    assert (newest.end, oldest.end) == (None, None)


def test_the_last_use_is_told(alice, phone, clock):
    clock.advance(minutes=20)
    assert who(phone)
    assert mine(alice)[0].last_seen_at == clock.now()


def test_nobody_sees_those_of_another(alice, bob):
    assert [row.user_id for row in mine(bob)] == [bob.id]


def test_one_that_was_ended_is_in_the_history_with_the_reason(alice, phone, clock):
    session_list.end_own(who(alice), who(phone).session_id, VISITOR)
    assert who(phone) is None
    assert mine(alice)[0].end == (clock.now(), "ended_by_user")
    assert [row.current for row in session_list.list_in_use(who(alice))] == [True]


def test_one_that_ended_by_itself_is_told_to_have_before_anybody_wrote_it_down(alice, phone, clock):
    left = clock.now()
    clock.advance(minutes=30)
    assert who(alice)
    clock.advance(minutes=31)
    over = (left.replace(hour=13, minute=1), "idle")
    assert mine(alice)[0].end == over
    clock.advance(minutes=10)
    assert session_list.clean_up().ended == 1
    assert mine(alice)[0].end == over


def test_ending_one_that_has_ended_changes_nothing(alice, phone, clock):
    phone_id = who(phone).session_id
    session_list.end_own(who(alice), phone_id, VISITOR)
    before = mine(alice)[0].end
    clock.advance(minutes=1)
    session_list.end_own(who(alice), phone_id, VISITOR)
    assert mine(alice)[0].end == before
    assert len(audited("sign_in_ended")) == 1


def test_those_of_strangers_cannot_be_ended_and_look_as_if_they_were_none(alice, bob):
    for sign_in_id in (who(bob).session_id, NOBODYS):
        with pytest.raises(BotException, match="SIGN_IN_NOT_FOUND"):
            session_list.end_own(who(alice), sign_in_id, VISITOR)
    assert who(bob)


def test_signing_out_everywhere_else_leaves_this_one_and_those_of_others(alice, phone, bob):
    session_list.end_own_others(who(alice), VISITOR)
    assert who(phone) is None
    assert who(alice)
    assert who(bob)
    assert mine(alice)[0].end_reason == "ended_by_user"
    assert [entry.actor_id for entry in audited("sign_ins_ended")] == [alice.id]


def test_administrators_see_all_that_are_in_use_with_their_names(alice, bob, ada, clock):
    clock.advance(minutes=59)
    assert who(ada)
    assert who(bob)
    clock.advance(minutes=2)
    found = session_list.list_all(who(ada), 50, None)
    assert sorted(row.username for row in found.items) == ["ada", "bob"]
    assert found.next is None


def test_the_list_of_all_is_read_in_parts_past_those_that_are_over(alice, ada, clock):
    for _ in range(5):
        clock.advance(minutes=15)
        assert who(ada)
        sign_in(SignIn(username="alice", password=PASSWORD), VISITOR)
    seen, cursor = [], None
    while True:
        found = session_list.list_all(who(ada), 1, cursor)
        seen += [row.username for row in found.items]
        cursor = found.next
        if cursor is None:
            break
    # Of the six of alice two have been idle for an hour.
    assert sorted(seen) == ["ada", "alice", "alice", "alice", "alice"]


def test_an_administrator_ends_one_and_its_user_is_told_who_did(alice, ada):
    session_list.end_any(who(ada), who(alice).session_id, VISITOR)
    assert who(alice) is None
    with identity(reading=True) as session:
        row = session.scalars(select(UserSession).where(UserSession.user_id == alice.id)).one()
    assert row.end_reason == "ended_by_admin"
    entry = audited("sign_in_ended")[0]
    assert (entry.actor_id, entry.subject_id) == (ada.id, alice.id)


def test_cleaning_up_says_how_many_were_over_and_how_many_it_forgot(alice, bob, ada, clock):
    clock.advance(minutes=70)
    carol = sign_in(SignIn(username="ada", password=PASSWORD), VISITOR)
    assert session_list.clean_up_now(who(carol), VISITOR) == session_list.CleanUp(ended=3, forgotten=0)
    assert session_list.clean_up() == session_list.CleanUp(ended=0, forgotten=0)
    clock.advance(days=89)
    assert session_list.clean_up() == session_list.CleanUp(ended=1, forgotten=0)
    clock.advance(hours=23)
    assert session_list.clean_up() == session_list.CleanUp(ended=0, forgotten=3)
    assert [entry.actor_id for entry in audited("sign_ins_cleaned_up")] == [ada.id]


def test_one_that_is_used_is_not_cleaned_up(alice, clock):
    for _ in range(30):
        clock.advance(minutes=4)
        assert who(alice)
        assert session_list.clean_up().ended == 0


def test_what_lasted_to_its_absolute_end_is_told_to_have(alice, clock):
    for _ in range(48):
        clock.advance(minutes=29)
        assert who(alice)
    clock.advance(minutes=49)
    session_list.clean_up()
    with identity(reading=True) as session:
        assert session.scalars(select(UserSession.end_reason)).one() == "expired"
