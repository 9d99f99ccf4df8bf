"""The client of the first design, in Node: two users at once, results of their own, a sign-out, an idle hour."""

import csv
import io
import itertools
import json
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Self

import pytest
from playwright._impl._driver import compute_driver_executable

from e2e import population
from e2e.api import POLL_INTERVAL
from e2e.bots import nobody_was_there
from e2e.installation import Installation
from local.processes import bind_to_parent, wait_until

pytestmark = pytest.mark.xdist_group("e2e-messages")

CLIENT = Path(__file__).with_name("first_client.mjs")
PATIENCE = 60
Account = dict[str, str]


class FirstClient:
    """The program, which goes on for as long as the block runs. What is asked together is asked at once."""

    def __init__(self, address: str) -> None:
        node, _ = compute_driver_executable()
        self._process = subprocess.Popen(
            [node, str(CLIENT), address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=bind_to_parent(),
        )
        self._numbers = itertools.count(1)

    def together(self, *asked: tuple[Any, ...]) -> list[Any]:
        """The answers to deeds of the program, each with its values, in their order."""
        assert self._process.stdin
        assert self._process.stdout
        ids = []
        for deed, *values in asked:
            ids.append(next(self._numbers))
            self._process.stdin.write(json.dumps({"id": ids[-1], "deed": deed, "values": values}) + "\n")
        self._process.stdin.flush()
        answers = [json.loads(self._process.stdout.readline()) for _ in asked]
        return sorted(answers, key=lambda answer: ids.index(answer["id"]))

    def ask(self, *asked: Any) -> Any:
        return self.together(asked)[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)


@pytest.fixture
def client(installation: Installation) -> Iterator[FirstClient]:
    with FirstClient(installation.address) as client:
        yield client


def results(client: FirstClient, account: Account) -> dict[str, str]:
    items = client.ask("get", account["username"], "results")["body"]["items"]
    return {item["username"]: item["status"] for item in items}


def test_two_users_at_once_sign_in_send_and_see_their_own_results(
    installation: Installation, client: FirstClient
) -> None:
    names = [person.username for person in population.people(population.public, 4)]
    lists = [names[:2], names[2:]]
    ann, ben = accounts = [installation.plain_account() for _ in lists]
    signed_in = client.together(*(("login", one["username"], one["password"]) for one in accounts))
    assert [answer["status"] for answer in signed_in] == [200, 200], signed_in
    assert len({answer["body"]["session_id"] for answer in signed_in}) == 2
    states = client.together(*(("get", one["username"], "status") for one in accounts))
    assert [state["body"]["username"] for state in states] == [one["username"] for one in accounts]
    actions = [
        ("post", one["username"], "send-messages", {"usernames": people, "message": "Hello {username}"})
        for one, people in zip(accounts, lists, strict=True)
    ]
    assert [answer["status"] for answer in client.together(*actions)] == [202, 202]
    for one, people in zip(accounts, lists, strict=True):
        wanted = dict.fromkeys(people, "sent")
        assert wait_until(partial(has_results, client, one, wanted), PATIENCE, every=POLL_INTERVAL)
        assert sorted(installation.sandbox.targets(one["username"], "message")) == sorted(people)
        the_file_holds(client, one, people)
    one_signs_out(client, ann, ben)
    an_hour_passes(installation, client, ben)


def has_results(client: FirstClient, account: Account, wanted: dict[str, str]) -> bool:
    return results(client, account) == wanted


def the_file_holds(client: FirstClient, account: Account, people: list[str]) -> None:
    table = client.ask("get", account["username"], "results?format=csv")
    assert f"filename=results_ig.{account['username']}_" in table["file"]
    lines = csv.DictReader(io.StringIO(table["body"].removeprefix("\ufeff")))
    assert {line["username"] for line in lines} == set(people)


def one_signs_out(client: FirstClient, ann: Account, ben: Account) -> None:
    assert client.ask("post", ann["username"], "logout", {})["status"] == 200
    assert client.ask("get", ann["username"], "results")["status"] == 401
    assert client.ask("get", ben["username"], "status")["body"]["session_valid"] is True


def an_hour_passes(installation: Installation, client: FirstClient, ben: Account) -> None:
    """In which nobody is there; the clock of the running product is not a test's to move."""
    users = installation.admin.get("/users")["items"]
    user_id = next(user["id"] for user in users if user["username"] == f"ig.{ben['username']}")
    nobody_was_there(installation, user_id, seconds=installation.stack.config.session_timeout + 1)
    asked = [("get", "status"), ("get", "results"), ("post", "send-messages"), ("post", "logout")]
    told = [client.ask(deed, ben["username"], path, {})["status"] for deed, path in asked]
    assert told == [401, 401, 401, 401]
    again = client.ask("login", ben["username"], ben["password"])
    assert again["status"] == 200
    assert len(results(client, ben)) == 2
