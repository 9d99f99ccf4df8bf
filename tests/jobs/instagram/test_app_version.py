"""The app version is the software's, and the phone the account's."""

import json

import pytest
from instagrapi import config

from bot.core.errors import BotException
from jobs.instagram import APP_VERSION, CLIENT_VERSION, InstagramAuth, InstagramClient, Linked
from jobs.instagram.steps import TEST, Step
from tests.jobs.instagram.conftest import Sandbox, SignIn, failure_of

OLD = next(name for name in config.APP_SETTINGS if name != APP_VERSION)
REFUSED = {"status": 400, "body": {"message": "Update.", "error_type": "needs_upgrade", "status": "fail"}}
UNSUPPORTED = {
    "status": 400,
    "body": {
        "message": "challenge_required",
        "challenge": {"url": "https://i.instagram.com/challenge/unsupported_version/", "api_path": ""},
        "status": "fail",
    },
}


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


def test_version_code_and_id_of_the_screens_come_from_the_client_too(sandbox: Sandbox, old_session: str) -> None:
    for own_app, version in ((True, APP_VERSION), (False, OLD)):
        client = InstagramClient(old_session, sandbox.endpoint, own_app=own_app)
        settings, app = json.loads(client.dump()), config.APP_SETTINGS[version]
        assert {name: settings["device_settings"][name] for name in app} == app
        assert f"; {app['version_code']})" in settings["user_agent"]
        assert client._client.base_headers["X-Bloks-Version-Id"] == app["bloks_versioning_id"]
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


@pytest.mark.parametrize("reply", [REFUSED, UNSUPPORTED], ids=["needs upgrade", "unsupported version"])
def test_the_refusal_of_the_clients_own_app_is_told_apart(
    sandbox: Sandbox, sign_in: SignIn, reply: dict[str, object]
) -> None:
    client = InstagramClient(sign_in().session, sandbox.endpoint)
    sandbox.answer("plain_01", reply, call="inbox")
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


@pytest.mark.parametrize("path", ["send_login_request", "/feed/timeline/"], ids=["sign-in", "first page"])
@pytest.mark.parametrize("reply", [REFUSED, UNSUPPORTED], ids=["needs upgrade", "unsupported version"])
def test_a_refusal_at_sign_in_has_the_same_code_and_speaks_of_no_other_bot(
    sandbox: Sandbox, auth: InstagramAuth, reply: dict[str, object], path: str
) -> None:
    sandbox.answer("plain_01", reply, path=path, count=9)
    try:
        answer = auth.login("plain_01", sandbox.password("plain_01"))
    except BotException as error:
        failure = error
    else:
        assert isinstance(answer, Linked)
        assert answer.trouble is not None
        failure = answer.trouble
    assert failure.name == "INSTAGRAM_CLIENT_OUTDATED"
    assert "refused_client" not in failure.meta


def test_a_refusal_after_a_confirmation_in_the_app_speaks_of_no_other_bot(
    sandbox: Sandbox, auth: InstagramAuth, sign_in: SignIn
) -> None:
    state = Step(TEST, "", json.loads(sign_in().session)).dump()
    sandbox.answer("plain_01", REFUSED, call="current_user", count=2)
    failure = failure_of(lambda: auth.resume("plain_01", sandbox.password("plain_01"), state))
    assert failure.name == "INSTAGRAM_CLIENT_OUTDATED"
    assert "refused_client" not in failure.meta
