"""Remembered sign-ins, the same with every store: they last a setting's days, and nothing else is changed."""

from datetime import timedelta

import pytest
from redis import Redis
from sqlalchemy import select

from bot.auth import session_list
from bot.auth.sessions import sessions
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.storage.models import UserSession
from bot.storage.tenancy import identity
from bot.users.password_change import PasswordChange, change_password
from bot.users.reauthentication import is_confirmed
from bot.users.second_factor_setup import SecondFactorCode
from bot.users.sign_in import SignIn, sign_in
from bot.users.two_step_sign_in import begin_sign_in, finish_sign_in
from tests.bot.driving import signed_in
from tests.support.environment import config_for
from tests.support.people import PASSWORD, VISITOR

pytestmark = pytest.mark.usefixtures("base_app")
DAYS = 14
TYPED = SignIn(username="alice", password=PASSWORD, remember=True)


@pytest.fixture(params=["database", "redis", "memory"])
def storage(request):
    return request.param


@pytest.fixture
def config(tmp_path, database_url, redis_url, storage):
    Redis.from_url(redis_url).flushall()
    return config_for(tmp_path, database_url, redis_url, session_storage=storage, session_remember=DAYS)


def found(token):
    return sessions.find(token, "cookie")


@pytest.fixture
def remembered(alice):
    return sign_in(TYPED, VISITOR).token


def test_it_lasts_its_days_without_use_and_not_a_moment_longer(remembered, clock):
    clock.advance(days=DAYS, seconds=-1)
    assert found(remembered)
    clock.advance(seconds=1)
    assert found(remembered) is None


def test_use_does_not_lengthen_it(remembered, clock):
    for _ in range(DAYS * 2 - 1):
        clock.advance(hours=12)
        assert found(remembered)
    clock.advance(hours=12)
    assert found(remembered) is None


def test_others_keep_their_hour_and_their_day(alice, remembered, clock):
    usual = sign_in(SignIn(username="alice", password=PASSWORD), VISITOR).token
    clock.advance(minutes=60)
    assert found(usual) is None
    assert found(remembered)


def test_the_clean_up_ends_it_at_its_end_and_not_before(remembered, clock):
    clock.advance(days=3)
    session_list.clean_up()
    assert found(remembered)
    clock.advance(days=DAYS)
    session_list.clean_up()
    with identity(reading=True) as session:
        ends = session.execute(select(UserSession.kind, UserSession.end_reason)).all()
    assert sorted(ends) == [("remembered", "expired"), ("usual", "idle")]


def test_it_is_shown_among_those_in_use_with_its_end(alice, remembered, clock):
    clock.advance(days=2)
    (report,) = session_list.list_in_use(found(remembered))
    assert (report.kind, report.current) == ("remembered", True)
    assert report.expires_at - report.created_at == timedelta(days=DAYS)


def test_who_they_are_is_asked_again_as_ever(remembered, clock):
    assert is_confirmed(found(remembered))
    clock.advance(minutes=10)
    assert not is_confirmed(found(remembered))


def test_it_ends_at_sign_out_and_with_all_others(alice, remembered):
    other = sign_in(TYPED, VISITOR).token
    session_list.sign_out(found(other), VISITOR)
    assert found(other) is None
    session_list.end_own_others(signed_in(alice), VISITOR)
    assert found(remembered) is None


def test_a_new_password_gives_one_of_the_same_kind(alice, remembered):
    params = PasswordChange(current_password=PASSWORD, new_password="a brand new phrase")
    token = change_password(alice.id, params, VISITOR, found(remembered).kind).token
    assert found(remembered) is None
    assert found(token).kind == "remembered"


@pytest.mark.parametrize("remember", [True, False])
def test_with_a_second_factor_it_is_what_was_asked_for_with_the_password(two_factored, clock, remember):
    waiting = begin_sign_in(SignIn(username="alice", password=PASSWORD, remember=remember), VISITOR)
    code = SecondFactorCode(code=two_factored.app.code(clock.moment))
    token = finish_sign_in(waiting.token, code, VISITOR).token
    assert found(token).kind == ("remembered" if remember else "usual")


def test_turned_off_none_is_made_and_those_there_are_end_like_others(alice, remembered, clock, monkeypatch):
    monkeypatch.setattr(runtime(), "config", runtime().config.model_copy(update={"session_remember": 0}))
    with pytest.raises(BotException, match="INVALID_INPUT") as error:
        sign_in(TYPED, VISITOR)
    assert error.value.meta["errors"][0]["field"] == "remember"
    assert found(remembered)
    clock.advance(minutes=60)
    assert found(remembered) is None
