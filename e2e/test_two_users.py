"""Two people use the product at the same time: both are served, and neither sees or touches what is the other's."""

from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import APIResponse, expect

from e2e.api import Api
from e2e.conftest import Visit
from e2e.installation import Installation, Login
from e2e.visitor import ACTION_PATIENCE, Visitor

AMOUNT = 4


class Tenant:
    """One of the two: a login, an account, a browser, an action."""

    def __init__(self, installation: Installation, visitor: Visitor, name: str, hashtag: str) -> None:
        self.login: Login = installation.member(name)
        self.account = installation.plain_account()
        self.api: Api = installation.sign_in(self.login)
        self.visitor = visitor
        self.title = f"Follow {AMOUNT} people from #{hashtag}"
        visitor.sign_in(self.login)
        visitor.page.get_by_role("banner").get_by_role("link", name="New action").click()
        visitor.link("Connect account").click()
        visitor.link_account(self.account)
        visitor.start_bot()
        self.hashtag = hashtag
        self.request_id: str = self.api.post(f"/users/{self.login.id}/test-session")["request"]

    def find_action(self) -> None:
        self.visitor.is_told(f"Action added: {self.title}.")
        self.action_id: str = self.api.get("/bot/actions")["items"][0]["id"]

    def post(self, path: str) -> APIResponse:
        """What a form of theirs would send, with its token, to any address."""
        token = self.visitor.page.locator("[name=csrf_token]").first.input_value()
        form: dict[str, str | float | bool] = {"csrf_token": token}
        headers = {"X-CSRFToken": token}
        return self.visitor.context.request.post(self.visitor.address + path, form=form, headers=headers)

    def follows(self, installation: Installation) -> list[Any]:
        """When each of their follows arrived."""
        ledger = installation.sandbox.ledger(self.account["username"], "follow")
        return [datetime.fromisoformat(one["at"]) for one in ledger]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_users_at_once_see_and_touch_nothing_of_each_others(installation: Installation, visit: Visit) -> None:
    alma = Tenant(installation, visit(installation), "alma", "bread")
    ben = Tenant(installation, visit(installation), "ben", "tea")
    for one in (alma, ben):
        one.visitor.open("/actions/new")
        one.visitor.fill_action(one.hashtag, AMOUNT)
    for one in (alma, ben):
        one.visitor.press("Start action")
    for one in (alma, ben):
        one.find_action()
    for one, other in ((alma, ben), (ben, alma)):
        meet_nothing(one, other)
        touch_nothing(one, other)
    for one, other in ((alma, ben), (ben, alma)):
        come_to_the_end(one)
        see_only_their_own(one, other)
    of_alma, of_ben = alma.follows(installation), ben.follows(installation)
    assert (len(of_alma), len(of_ben)) == (AMOUNT, AMOUNT)
    assert of_alma[0] < of_ben[-1]
    assert of_ben[0] < of_alma[-1]


def meet_nothing(one: Tenant, other: Tenant) -> None:
    """Every address with an id of the other's is an address of nothing."""
    paths = [
        f"/actions/{other.action_id}",
        f"/actions/{other.action_id}/now",
        f"/actions/{other.action_id}/cancel",
        f"/settings/connection/requests/{other.request_id}",
        f"/api/bot/actions/{other.action_id}",
        f"/api/bot/actions/{other.action_id}/targets",
        f"/api/bot/requests/{other.request_id}",
        f"/api/users/{other.login.id}",
        f"/api/users/{other.login.id}/limits",
    ]
    with one.visitor.refused(404):
        assert {path: one.visitor.open(path) for path in paths} == dict.fromkeys(paths, 404)
    one.visitor.open("/settings/connection")


def touch_nothing(one: Tenant, other: Tenant) -> None:
    deeds = [f"/actions/{other.action_id}/{deed}" for deed in ("pause", "resume", "cancel")]
    deeds += [f"/api/bot/actions/{other.action_id}/{deed}" for deed in ("pause", "resume", "cancel")]
    deeds += [f"/api/users/{other.login.id}/test-session"]
    assert {path: one.post(path).status for path in deeds} == dict.fromkeys(deeds, 404)
    assert other.api.action(other.action_id)["status"] in ("queued", "running", "succeeded")


def come_to_the_end(one: Tenant) -> None:
    one.visitor.open("/actions")
    expect(one.visitor.action(one.title)).to_have_count(0, timeout=ACTION_PATIENCE)
    one.visitor.open("/actions?list=done")
    expect(one.visitor.action(one.title)).to_contain_text(f"{AMOUNT} of {AMOUNT} followed")


def see_only_their_own(one: Tenant, other: Tenant) -> None:
    strange = (other.login.username, other.account["username"], other.title, f"#{other.hashtag}")
    for path in ("/", "/settings/connection", "/actions", "/actions/log", f"/actions/{one.action_id}"):
        one.visitor.open(path)
        one.visitor.sees(one.visitor.page.get_by_role("heading", level=1))
        text = one.visitor.page.content()
        assert [word for word in strange if word in text] == []
    items = one.api.get("/activity?limit=100")["items"]
    assert {item["action_id"] for item in items} == {None, one.action_id}
