"""Instagram ends a session in the middle of an action: the bot stops, says why, and leaves Instagram alone."""

from playwright.sync_api import expect

from e2e.api import Api
from e2e.conftest import Visit
from e2e.installation import Installation
from e2e.visitor import ACTION_PATIENCE

REASON = "INSTAGRAM_LOGGED_OUT"


def with_running_bot(installation: Installation, api: Api, account: dict[str, str]) -> Api:
    api.link(account)
    api.post("/bot/start")
    return api


def calls(installation: Installation, account: dict[str, str]) -> int:
    """How many requests of that account came to the sandbox."""
    return sum(installation.sandbox.requests(account["username"]).values())


def test_a_session_that_ends_stops_the_bot_with_a_reason_and_no_second_attempt(
    installation: Installation, visit: Visit
) -> None:
    login, account = installation.member("dora"), installation.plain_account()
    api = with_running_bot(installation, installation.sign_in(login), account)
    dora = visit(installation)
    dora.sign_in(login)
    dora.place("coffee", 5)
    action_id = api.get("/bot/actions")["items"][0]["id"]
    api.wait_for(action_id, done=1)

    installation.sandbox.end_sessions(account["username"])
    before = calls(installation, account)
    expect(dora.region("Bot")).to_contain_text("Instagram signed you out", timeout=ACTION_PATIENCE)
    halted = calls(installation, account)
    assert halted <= before + 1

    status = api.get("/bot/status")
    assert (status["bot_running"], status["session_valid"], status["next_step_at"]) == (False, False, None)
    assert (status["verdict"]["state"], status["verdict"]["reason"]) == ("halted", REASON)
    refused = api.call("POST", "/bot/start")
    assert (refused.status_code, refused.json()["error"]) == (409, "SESSION_INVALID")
    assert installation.sandbox.targets(account["username"], "follow") == [
        item["target"] for item in reversed(api.get("/activity?action=follow&status=done")["items"])
    ]

    dora.open("/settings/connection")
    dora.sees(dora.region(f"@{account['username']}").get_by_text("Disconnected"))
    expect(dora.switch).to_be_disabled()
    dora.page.get_by_role("main").get_by_role("link", name="What to do").first.click()
    dora.is_at(f"/help/instagram-signed-the-bot-out?code={status['last_error_code']}")
    dora.sees(dora.heading("What to do now"))

    another_bot_works_on(installation)


def another_bot_works_on(installation: Installation) -> None:
    """The time of some steps passes in this installation."""
    api = with_running_bot(
        installation, installation.sign_in(installation.member("emil")), installation.plain_account()
    )
    api.wait_for(api.place("tea", 3), status="succeeded")
