"""Linking by a session: who may, what stays of an account that was linked before, and its phone."""

import json

import pytest
from sqlalchemy import select

from bot.core.errors import BotException
from bot.linking import outcomes, requests, session_imports
from bot.linking.claimed import claim
from bot.linking.link_forms import ImportSession, Link
from bot.linking.outcomes import Question
from bot.phones.devices import device_for, keep_device, rename_device
from bot.storage.models import InstagramCredentials
from bot.storage.tenancy import tenant
from bot.vault.credentials import open_secret

pytestmark = pytest.mark.usefixtures("base_app")
ID = "41000000017"
COOKIE = f"{ID}%3AAbCdEfGhIjKlMnOp%3A12%3AAYcanary"
PROXY = "http://somebody:canary-proxy-password@127.0.0.1:8080"


def bring(user, **more):
    """An import that no worker has taken, and it taken."""
    answer = session_imports.import_session(user.id, ImportSession(session=COOKIE, **more), wait=0)
    return answer, claim(user.id, answer.id)


def succeed(user, taken, username="insta.name", instagram_id=ID):
    outcomes.linked(user.id, taken, session_data="{}", instagram_id=instagram_id, username=username)


def account_of(user):
    with tenant(user.id, reading=True) as session:
        return session.scalars(select(InstagramCredentials)).one()


def linked_by_password(user, proxy=None):
    answer = requests.link(user.id, Link(username="insta.name", password="secret", proxy=proxy), wait=0)
    succeed(user, claim(user.id, answer.id))


def test_the_worker_gets_the_session_once_and_shows_nothing_of_it(alice):
    answer, taken = bring(alice)
    assert json.loads(taken.instagram_session)["authorization_data"]["sessionid"] == COOKIE
    assert (taken.username, taken.password, taken.proxy, taken.device, taken.known_by) == ("", "", None, None, ID)
    assert COOKIE not in repr(taken)
    assert claim(alice.id, answer.id) is None


def test_no_password_is_stored_and_an_earlier_one_stays(alice):
    _, taken = bring(alice)
    succeed(alice, taken)
    assert account_of(alice).password_encrypted is None
    linked_by_password(alice)
    before = account_of(alice).password_encrypted
    _, taken = bring(alice)
    succeed(alice, taken)
    assert account_of(alice).password_encrypted == before


def test_an_account_that_is_linked_already_keeps_its_proxy_and_its_phone(alice):
    linked_by_password(alice, PROXY)
    keep_device(alice.id, "insta.name", '{"known": 1}')
    _, taken = bring(alice)
    assert (taken.username, taken.proxy, taken.device) == ("insta.name", PROXY, '{"known": 1}')


def test_an_account_that_is_called_otherwise_now_is_the_same(alice):
    linked_by_password(alice, PROXY)
    row = account_of(alice).id
    _, taken = bring(alice)
    succeed(alice, taken, username="new.name")
    assert (account_of(alice).id, account_of(alice).username) == (row, "new.name")


def test_the_session_of_another_account_starts_over(alice):
    linked_by_password(alice, PROXY)
    row = account_of(alice).id
    _, taken = bring(alice)
    succeed(alice, taken, instagram_id="42")
    assert (account_of(alice).id == row, account_of(alice).instagram_id) == (False, "42")


def test_a_proxy_whose_key_is_lost_is_not_left_out_unasked(alice):
    linked_by_password(alice, PROXY)
    with tenant(alice.id) as session:
        session.scalars(select(InstagramCredentials)).one().proxy_encrypted = b"sealed by a key that is gone"
        session.commit()
    with pytest.raises(BotException, match="VAULT_REFUSED"):
        bring(alice)
    _, taken = bring(alice, proxy=PROXY)
    assert taken.proxy == PROXY


def test_another_proxy_is_refused_while_instagram_waits_for_a_code(alice):
    linked_by_password(alice)
    answer = requests.link(alice.id, Link(username="insta.name", password="secret"), wait=0)
    outcomes.needs_code(alice.id, claim(alice.id, answer.id), Question("two_factor", "your app", "{}"))
    with pytest.raises(BotException, match="PROXY_IN_CHALLENGE"):
        bring(alice, proxy=PROXY)
    assert bring(alice)


@pytest.mark.parametrize("name", ["insta.name", "another"])
def test_an_account_that_waits_for_its_first_code_lends_its_proxy(alice, name):
    answer = requests.link(alice.id, Link(username="insta.name", password="secret", proxy=PROXY), wait=0)
    outcomes.needs_code(alice.id, claim(alice.id, answer.id), Question("two_factor", "your app", "{}"))
    _, taken = bring(alice)
    assert taken.proxy == PROXY
    succeed(alice, taken, username=name)
    account = account_of(alice)
    assert (account.username, account.verification_kind, open_secret(account, "proxy")) == (name, None, PROXY)


def test_one_request_at_a_time(alice):
    bring(alice)
    with pytest.raises(BotException, match="INSTANCE_BUSY"):
        bring(alice)


@pytest.mark.parametrize("name", ["INSTAGRAM_CONFIRM_IN_APP", "INSTAGRAM_CHALLENGE", "INSTAGRAM_UNKNOWN_STEP"])
def test_a_session_that_is_to_be_confirmed_first_is_not_stored_and_says_to_import_it_again(alice, name):
    answer, taken = bring(alice)
    outcomes.failed(alice.id, taken, BotException(name))
    with pytest.raises(BotException, match=name) as told:
        requests.get_request(alice.id, answer.id)
    assert "import the session again" in told.value.remedy
    with tenant(alice.id, reading=True) as session:
        assert session.scalars(select(InstagramCredentials)).one_or_none() is None


def test_a_phone_that_was_kept_by_the_id_goes_under_the_name(alice):
    keep_device(alice.id, "insta.name", '{"of": "another phone"}')
    keep_device(alice.id, ID, '{"seen": 1}')
    rename_device(alice.id, ID, "insta.name")
    rename_device(alice.id, "insta.name", "insta.name")
    rename_device(alice.id, "never seen", "insta.name")
    with tenant(alice.id, reading=True) as session:
        assert (device_for(session, "insta.name"), device_for(session, ID)) == ('{"seen": 1}', None)
