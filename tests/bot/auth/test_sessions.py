"""Sign-ins, the same with every store: how they are found, how they end, and what is kept of them."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from redis import Redis
from sqlalchemy import select, update

from bot.auth import session_list
from bot.auth.sessions import sessions
from bot.config.runtime import now
from bot.core.visitor import Visitor
from bot.storage.models import User, UserSession
from bot.storage.tenancy import identity
from bot.users.password_change import PasswordChange, change_password
from bot.users.sign_in import SignIn, sign_in
from tests.support.environment import config_for
from tests.support.people import PASSWORD, VISITOR

pytestmark = pytest.mark.usefixtures("base_app")
PHONE = Visitor("192.0.2.7", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1")


@pytest.fixture(params=["database", "redis", "memory"])
def storage(request):
    return request.param


@pytest.fixture
def config(tmp_path, database_url, redis_url, storage):
    Redis.from_url(redis_url).flushall()
    return config_for(tmp_path, database_url, redis_url, session_storage=storage)


def found(somebody, **how):
    return sessions.find(somebody.token, "bearer", **how)


def again(name="alice", visitor=PHONE):
    """Another sign-in of the same user; as what a client has of it."""
    return sign_in(SignIn(username=name, password=PASSWORD), visitor)


def rows():
    with identity(reading=True) as session:
        return session.scalars(select(UserSession).order_by(UserSession.created_at)).all()


def row_of(somebody):
    digest = hashlib.sha256(somebody.token.encode()).hexdigest()
    return next(row for row in rows() if row.token_hash == digest)


def change(user_id, **values):
    with identity() as session:
        session.execute(update(User).where(User.id == user_id).values(**values))
        session.commit()


def test_a_token_finds_its_user_and_no_other_text_finds_anybody(alice):
    assert found(alice).id == alice.id
    for text in ("", alice.token[:-1], alice.token + "A", row_of(alice).token_hash, row_of(alice).id):
        assert sessions.find(text, "bearer") is None


def test_each_sign_in_has_a_token_of_its_own(alice):
    tokens = {again().token for _ in range(3)} | {alice.token}
    assert len(tokens) == 4
    assert all(len(token) == 43 for token in tokens)


def test_it_ends_an_idle_hour_after_its_last_use(alice, clock):
    clock.advance(minutes=59)
    assert found(alice)
    clock.advance(minutes=59, seconds=59)
    assert found(alice)
    clock.advance(minutes=61)
    assert found(alice) is None


def test_it_is_over_at_the_very_moment_of_its_idle_end_and_stays_so(alice, clock):
    clock.advance(minutes=60)
    assert found(alice) is None
    assert found(alice) is None


def test_pages_that_ask_by_themselves_do_not_keep_it(alice, clock):
    for _ in range(6):
        clock.advance(minutes=10)
        alive = found(alice, in_use=False)
    assert alive is None


def test_it_ends_after_a_day_whatever_its_use(alice, clock):
    for _ in range(47):
        clock.advance(minutes=30)
        assert found(alice)
    clock.advance(minutes=29, seconds=59)
    assert found(alice)
    clock.advance(seconds=1)
    assert found(alice) is None


def test_a_sign_out_holds_at_once_and_for_good(alice):
    who = found(alice)
    session_list.sign_out(who, VISITOR)
    assert found(alice) is None
    sessions._seen(row_of(alice), now() - timedelta(minutes=2))
    assert found(alice) is None


def test_a_disabled_user_is_out_at_once(alice):
    change(alice.id, is_active=False)
    assert found(alice) is None


def test_one_number_on_the_user_ends_everything(alice):
    other = again()
    change(alice.id, auth_epoch=1)
    assert found(alice) is None
    assert found(other) is None


def test_a_new_password_ends_all_and_gives_a_new_token(alice):
    other = again()
    params = PasswordChange(current_password=PASSWORD, new_password="a brand new phrase")
    answer = change_password(alice.id, params, VISITOR)
    assert (found(alice), found(other)) == (None, None)
    assert found(answer).id == alice.id


def test_what_a_worker_does_to_sign_ins_holds(alice):
    """A worker knows the rows and nothing of the store of the web process."""
    other = again()
    with identity() as session:
        session.execute(update(UserSession).where(UserSession.id == row_of(other).id).values(needs_code=True))
        session.commit()
    assert found(other).needs_code
    with identity() as session:
        user = session.get_one(User, alice.id)
        sessions.end_others(session, user, "password_changed", row_of(other).id)
        session.commit()
    assert found(alice) is None
    assert not found(other).needs_code
    assert found(other).confirmed_at == now()


def test_only_the_hash_of_a_token_is_stored(alice, redis_url, storage):
    redis = Redis.from_url(redis_url)
    kept = [(key, redis.get(key), redis.ttl(key)) for key in redis.scan_iter("troupe:sign-in:*")]
    assert len(kept) == (1 if storage == "redis" else 0)
    row = row_of(alice)
    for everything in (repr(kept), repr(vars(row))):
        assert alice.token not in everything
    assert row.token_hash not in repr(kept)
    assert all(0 < ttl <= 3600 for _, _, ttl in kept)


def test_a_sign_in_whose_user_goes_away_before_it_is_committed_is_nobodys(alice):
    with identity() as session:
        token = sessions.issue(session, session.get_one(User, alice.id), VISITOR)
        session.rollback()
    assert sessions.find(token, "bearer") is None


def test_finding_a_sign_in_is_one_read_of_the_database(base_app, alice, clock):
    from sqlalchemy import event

    from bot.storage.engine import db

    statements = []
    found(alice)
    event.listen(db.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    clock.advance(seconds=20)
    found(alice)
    assert len([text for text in statements if "FROM user" in text]) == len(statements) - 1 == 1


def test_a_token_in_use_everywhere_at_once_is_one_sign_in(base_app, alice, clock):
    clock.advance(minutes=10)

    def use(_number):
        with base_app.app_context():
            return found(alice).session_id

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(use, range(24))) == {row_of(alice).id}
    clock.advance(minutes=55)
    assert found(alice)


def test_ending_it_while_it_is_in_use_ends_it_for_everybody(base_app, alice, clock):
    who = found(alice)
    clock.advance(minutes=10)

    def use(number):
        with base_app.app_context():
            if number == 8:
                session_list.sign_out(who, VISITOR)
                return None
            return found(alice)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(24)))
    assert found(alice) is None
    assert row_of(alice).end_reason == "signed_out"
