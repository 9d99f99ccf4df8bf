"""Clients of the first version: two people sign in with their Instagram accounts, send, and see their own results."""

import csv
import io

import pytest

from e2e import cast
from e2e.api import ASK_EVERY, Api
from e2e.bots import nobody_was_there
from e2e.house import House
from local.processes import wait_until

pytestmark = pytest.mark.xdist_group("e2e-messages")

PATIENCE = 60


def sign_in(house: House, account: dict[str, str]) -> Api:
    answer = house.api.post("/login", username=account["username"], password=account["password"])
    assert answer["session_valid"] is True
    return house.api.signed_in_with(answer["session_id"])


def results(client: Api) -> dict[str, str]:
    return {item["username"]: item["status"] for item in client.get("/results")["items"]}


def wait_for_results(client: Api, wanted: dict[str, str]) -> None:
    assert wait_until(lambda: results(client) == wanted, PATIENCE, every=ASK_EVERY), results(client)


def test_two_people_sign_in_by_instagram_send_and_see_their_own_results(house: House) -> None:
    names = [person.username for person in cast.people(cast.public, 4)]
    lists = [names[:2], names[2:]]
    accounts = [house.plain_account() for _ in lists]
    clients = [sign_in(house, account) for account in accounts]
    for client, account, people in zip(clients, accounts, lists, strict=True):
        assert client.get("/status")["username"] == account["username"]
        sent = client.call("POST", "/send-messages", {"usernames": people, "message": "Hello {username}"})
        assert (sent.status_code, sent.json()["action"]["total"]) == (202, 2)
    for client, account, people in zip(clients, accounts, lists, strict=True):
        wait_for_results(client, dict.fromkeys(people, "sent"))
        assert sorted(house.sandbox.targets(account["username"], "message")) == sorted(people)
        table = client.call("GET", "/results?format=csv")
        lines = csv.DictReader(io.StringIO(table.content.decode("utf-8-sig")))
        assert {line["username"] for line in lines} == set(people)
    sign_out_and_be_forgotten(house, *clients)


def sign_out_and_be_forgotten(house: House, ann: Api, ben: Api) -> None:
    """A sign-in ends when it is said to, and when it was idle for too long; the other one goes on meanwhile."""
    ann.post("/logout")
    assert ann.call("GET", "/results").status_code == 401
    assert ben.get("/status")["session_valid"] is True
    user_id = ben.get("/auth/me")["user"]["id"]
    nobody_was_there(house, user_id, seconds=house.stack.config.session_timeout + 1)
    for method, path in (("GET", "/status"), ("GET", "/results"), ("POST", "/logout")):
        assert ben.call(method, path).status_code == 401
