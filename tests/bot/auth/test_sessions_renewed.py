"""A new token for a sign-in: the old one opens nothing, the end stays, and of several at once one is given."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update

from bot.auth import session_list
from bot.auth.sessions import sessions
from bot.core.errors import BotException
from bot.storage.models import AuditEntry, User, UserSession
from bot.storage.tenancy import identity
from tests.support.people import VISITOR

pytestmark = pytest.mark.usefixtures("base_app")
AT_ONCE = 8


def found(token):
    return sessions.find(token, "bearer")


def refused(who):
    with pytest.raises(BotException) as error:
        session_list.renew(who, VISITOR)
    return error.value.name


def rows():
    with identity(reading=True) as session:
        return session.scalars(select(UserSession)).all()


def test_the_new_token_is_the_same_sign_in_and_the_old_one_is_none(alice):
    before = found(alice.token)
    renewed = session_list.renew(before, VISITOR)
    assert found(alice.token) is None
    after = found(renewed.token)
    assert (after.session_id, after.confirmed_at, after.kind) == (before.session_id, before.confirmed_at, "usual")
    assert len(renewed.token) == 43
    assert len(rows()) == 1


def test_it_ends_when_it_would_have(alice, clock):
    token = alice.token
    for _ in range(26):
        clock.advance(minutes=55)
        renewed = session_list.renew(found(token), VISITOR)
        token = renewed.token
    assert renewed.expires_at == rows()[0].expires_at
    clock.advance(minutes=10)
    assert found(token) is None


def test_it_proves_nothing_anew(alice, clock):
    clock.advance(minutes=30)
    renewed = session_list.renew(found(alice.token), VISITOR)
    assert (clock.now() - found(renewed.token).confirmed_at).total_seconds() == 30 * 60


def test_a_stolen_old_token_gives_none(alice):
    stolen = found(alice.token)
    session_list.renew(found(alice.token), VISITOR)
    assert refused(stolen) == "AUTHENTICATION_REQUIRED"


def test_of_many_at_once_one_is_given(base_app, alice):
    who = found(alice.token)

    def renew(_number):
        with base_app.app_context():
            try:
                return session_list.renew(who, VISITOR).token
            except BotException as error:
                return error.name

    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = list(pool.map(renew, range(AT_ONCE)))
    (given,) = set(told) - {"AUTHENTICATION_REQUIRED"}
    assert told.count(given) == 1
    assert found(given).id == alice.id
    with identity(reading=True) as session:
        noted = select(func.count()).select_from(AuditEntry).where(AuditEntry.event == "sign_in_renewed")
        assert session.scalar(noted) == 1


def test_one_that_has_ended_meanwhile_is_not_renewed(alice):
    who = found(alice.token)
    session_list.sign_out(who, VISITOR)
    assert refused(who) == "AUTHENTICATION_REQUIRED"


def test_one_that_ends_with_all_others_in_that_moment_opens_nothing(alice):
    who = found(alice.token)
    with identity() as session:
        session.execute(update(User).values(auth_epoch=1))
        session.commit()
    assert found(session_list.renew(who, VISITOR).token) is None


def test_an_id_of_the_first_version_is_not_renewed(alice):
    with identity() as session:
        token = sessions.issue(session, session.get_one(User, alice.id), VISITOR, kind="first_version")
        session.commit()
    who = sessions.find(token, "bearer", kinds=frozenset({"first_version"}))
    assert refused(who) == "AUTHENTICATION_REQUIRED"
