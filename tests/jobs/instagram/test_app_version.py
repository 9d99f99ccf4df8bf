"""The app version is the software's, and the phone the account's."""

import json

import pytest
from instagrapi import config

from bot.core.errors import BotException
from jobs.instagram import APP_VERSION, CLIENT_VERSION, InstagramAuth, InstagramClient
from tests.jobs.instagram.conftest import Sandbox, SignIn, failure_of

OLD = next(name for name in config.APP_SETTINGS if name != APP_VERSION)
REFUSED = {"status": 400, "body": {"message": "Update.", "error_type": "needs_upgrade", "status": "fail"}}


@pytest.fixture
def old_session(sign_in: SignIn) -> str:
    """A session of an older release, on a phone and in a language of its own."""
    settings = json.loads(sign_in().session)
    settings["device_settings"] |= {**config.APP_SETTINGS[OLD], "model": "Model-7", "manufacturer": "Maker"}
    settings["user_agent"] = config.USER_AGENT_BASE.format(**settings["device_settings"], locale="de_DE")
    settings["locale"] = "de_DE"
    return json.dumps(settings)


def app_and_agent(session: str) -> tuple[str, str, str]:
    settings = json.loads(session)
    return settings["device_settings"]["app_version"], settings["device_settings"]["model"], settings["user_agent"]


def test_the_clients_own_app_goes_onto_the_accounts_phone(sandbox: Sandbox, old_session: str) -> None:
    client = InstagramClient(old_session, sandbox.endpoint, own_app=True)
    app, model, agent = app_and_agent(client.dump())
    assert (app, model) == (APP_VERSION, "Model-7")
    assert agent.startswith(f"Instagram {APP_VERSION} ")
    assert "Model-7" in agent
    assert "de_DE" in agent
    assert json.loads(client.dump())["uuids"] == json.loads(old_session)["uuids"]
    client.close()


def test_without_it_the_session_keeps_its_app_until_that_is_refused(sandbox: Sandbox, old_session: str) -> None:
    client = InstagramClient(old_session, sandbox.endpoint)
    assert app_and_agent(client.dump()) == app_and_agent(old_session)
    sandbox.answer("plain_01", REFUSED, call="inbox")
    failure = failure_of(client.inbox)
    assert failure.name == "INSTAGRAM_CLIENT_OUTDATED"
    assert "refused_client" not in failure.meta
    assert client.outdated is None
    assert app_and_agent(client.dump())[:2] == (APP_VERSION, "Model-7")
    client.inbox()
    client.close()


def test_the_refusal_of_the_clients_own_app_is_told_apart(sandbox: Sandbox, sign_in: SignIn) -> None:
    client = InstagramClient(sign_in().session, sandbox.endpoint)
    sandbox.answer("plain_01", REFUSED, call="inbox")
    failure = failure_of(client.inbox)
    assert (failure.meta["refused_client"], failure.meta["refused_app"]) == (CLIENT_VERSION, APP_VERSION)
    assert client.outdated is failure
    client.close()


def test_a_test_of_a_session_asks_once_more_with_the_newer_app(sandbox: Sandbox, old_session: str) -> None:
    auth = InstagramAuth(sandbox.endpoint)
    sandbox.answer("plain_01", REFUSED, call="current_user")
    assert app_and_agent(auth.test_connection(old_session))[0] == APP_VERSION
    sandbox.answer("plain_01", REFUSED, call="current_user", count=2)
    failure = failure_of(lambda: auth.test_connection(old_session))
    assert failure.meta["refused_client"] == CLIENT_VERSION
    assert isinstance(failure, BotException)


def test_a_new_sign_in_on_an_old_phone_takes_the_clients_own_app(sandbox: Sandbox, old_session: str) -> None:
    auth = InstagramAuth(sandbox.endpoint)
    linked = auth.login("plain_01", sandbox.password("plain_01"), device=old_session)
    assert app_and_agent(linked.session)[:2] == (APP_VERSION, "Model-7")
