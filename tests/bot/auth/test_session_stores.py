"""Particulars of each store of sign-ins: Redis down or emptied, processes that end, refusals at start."""

import pytest
from redis import Redis
from sqlalchemy import select

from bot.app import create_base_app
from bot.auth import session_list
from bot.auth.session_stores import MemoryStore, RedisStore, session_store
from bot.auth.sessions import FIRST_VERSION, sessions
from bot.config.environment import ConfigError
from bot.core.errors import BotException
from bot.linking import outcomes, requests
from bot.linking.claimed import claim
from bot.linking.instagram_sign_in import CredentialsWithCode, sign_in_by_instagram
from bot.linking.link_forms import Code
from bot.linking.outcomes import Question
from bot.linking.provisioning import find_user
from bot.storage.models import AccountRequest, UserSession
from bot.storage.tenancy import identity, tenant
from bot.users.sign_in import SignIn, sign_in
from tests.support.environment import config_for, dispose
from tests.support.people import PASSWORD, VISITOR, make_somebody

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def start(tmp_path, database_url, redis_url, clock):
    """Starts a process with that store, on the same database and Redis."""
    Redis.from_url(redis_url).flushall()
    apps = []

    def starting(storage, **settings):
        settings = {"redis_url": redis_url, "session_storage": storage, **settings}
        app = create_base_app(config_for(tmp_path, database_url, **settings), clock=clock)
        apps.append(app)
        return app

    yield starting
    for app in apps:
        dispose(app)


def found(somebody):
    return sessions.find(somebody.token, "bearer")


def refused(call, *arguments):
    with pytest.raises(BotException) as error:
        call(*arguments)
    return error.value


def test_sign_ins_in_redis_are_those_of_every_process(start):
    with start("redis").app_context():
        alice = make_somebody("alice")
    with start("redis").app_context():
        assert found(alice).id == alice.id


def test_sign_ins_in_memory_end_with_their_process_and_that_is_said(start):
    with start("memory").app_context():
        alice = make_somebody("alice")
        assert found(alice)
    with start("memory").app_context():
        assert refused(found, alice).name == "SIGN_IN_LOST"
        assert sign_in(SignIn(username="alice", password=PASSWORD), VISITOR)


def test_after_redis_was_emptied_everybody_signs_in_again_and_that_is_said(start, redis_url, clock):
    with start("redis").app_context():
        alice = make_somebody("alice")
        Redis.from_url(redis_url).flushall()
        assert refused(found, alice).name == "SIGN_IN_LOST"
        session_store().seen(_row(alice), clock.now())
        assert refused(found, alice).name == "SIGN_IN_LOST"
        clock.advance(minutes=60)
        assert found(alice) is None


def _row(somebody):
    with identity(reading=True) as session:
        return session.query(UserSession).filter_by(user_id=somebody.id).one()


def test_while_redis_is_away_nobody_is_signed_in_and_it_is_said_when_to_try_again(start):
    with start("redis").app_context():
        alice = make_somebody("alice")
    with start("redis", redis_url=NOWHERE).app_context():
        for call in (found, lambda _: sign_in(SignIn(username="alice", password=PASSWORD), VISITOR)):
            refusal = refused(call, alice)
            assert (refusal.name, refusal.status) == ("SESSIONS_UNAVAILABLE", 503)
            assert refusal.meta["retry_after"] > 0
        # An unknown token is refused without asking Redis.
        assert sessions.find("no token", "bearer") is None


def test_a_sign_in_that_failed_because_redis_is_away_leaves_no_row(start):
    with start("redis").app_context():
        alice = make_somebody("alice")
    with start("redis", redis_url=NOWHERE).app_context():
        refused(sign_in, SignIn(username="alice", password=PASSWORD), VISITOR)
        assert _row(alice)


@pytest.mark.parametrize("storage", ["database", "memory"])
def test_without_redis_the_other_stores_go_on(start, storage):
    with start(storage, redis_url=NOWHERE).app_context():
        assert found(make_somebody("alice"))


def test_a_redis_that_takes_no_writes_keeps_nobody_signed_in_by_itself(start, redis_url, clock):
    with start("redis").app_context():
        alice = make_somebody("alice")
        redis = Redis.from_url(redis_url)
        redis.config_set("min-replicas-to-write", 1)
        try:
            clock.advance(minutes=1)
            assert refused(found, alice).name == "SESSIONS_UNAVAILABLE"
        finally:
            redis.config_set("min-replicas-to-write", 0)
        assert found(alice)


@pytest.mark.parametrize("storage", ["database", "redis", "memory"])
def test_a_sign_in_by_instagram_is_whole_once_the_worker_has_its_code(start, storage):
    web, worker = start(storage, allow_instagram_sign_in=True), start(storage)
    typed = CredentialsWithCode(username="victim", password="the right one")
    with web.app_context():
        assert sign_in_by_instagram(typed, VISITOR, wait=0).answer.pending
    with worker.app_context():
        user, taken = _taken()
        outcomes.needs_code(user.id, taken, Question("two_factor", "app", "{}"))
    with web.app_context():
        token = sign_in_by_instagram(typed, VISITOR, wait=0).signed_in.token
        who = sessions.find(token, "bearer", kinds=FIRST_VERSION)
        assert who.needs_code
        requests.verify(who.id, Code(code="123456"), sign_in_id=who.session_id, wait=0)
    with worker.app_context():
        user, taken = _taken()
        answer = {"session_data": "{}", "instagram_id": "9", "username": "victim"}
        outcomes.linked(user.id, taken, **answer)
    with web.app_context():
        assert not sessions.find(token, "bearer", kinds=FIRST_VERSION).needs_code


def _taken():
    """The request that is open, in the hands of a worker."""
    user = find_user("victim")
    with tenant(user.id, reading=True) as session:
        request = session.scalars(select(AccountRequest.id).where(AccountRequest.status == "queued")).one()
    return user, claim(user.id, request)


def test_memory_is_refused_where_the_web_has_several_processes(tmp_path):
    with pytest.raises(ConfigError, match="SESSION_STORAGE=memory keeps sign-ins in one process"):
        config_for(tmp_path, "", NOWHERE, session_storage="memory", web_concurrency=2)
    assert config_for(tmp_path, "", NOWHERE, session_storage="memory", web_concurrency=1)
    assert config_for(tmp_path, "", NOWHERE, session_storage="redis", web_concurrency=2)


def test_a_store_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="SESSION_STORAGE"):
        config_for(tmp_path, "", NOWHERE, session_storage="cookies")


def test_memory_forgets_what_is_over(start, clock):
    with start("memory").app_context():
        alice = make_somebody("alice")
        clock.advance(hours=2)
        bob = make_somebody("bob")
        assert session_store().last_seen([_row(alice), _row(bob)]) == [None, clock.now()]
        assert found(alice) is None


def test_the_clock_of_another_process_ends_nothing_that_is_in_use_here(start, clock):
    """It goes by rows that may be minutes behind."""
    web, other = start("memory"), start("memory")
    with web.app_context():
        alice = make_somebody("alice")
        for _ in range(30):
            clock.advance(minutes=4)
            assert found(alice)
            with other.app_context():
                assert session_list.clean_up().ended == 0
        assert isinstance(session_store(), MemoryStore)


def test_the_store_is_the_one_that_the_setting_names(start):
    with start("redis").app_context():
        assert isinstance(session_store(), RedisStore)
