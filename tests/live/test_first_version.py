"""Clients of the first version: sign in with an Instagram account, send messages, read the results, sign out."""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest

from bot.lanes.queue import connect
from bot.linking import requests
from bot.linking.provisioning import find_user
from jobs.worker import make_worker
from sandbox.people import People
from tests.live.conftest import working
from tests.support.environment import dispose
from tests.support.live_bots import PEOPLE, SEED
from wsgi import create_app


@pytest.fixture
def open_app(config, clock):
    """A server on which whoever signs in at Instagram becomes a user."""
    app = create_app(
        config.model_copy(update={"allow_instagram_sign_in": True}), clock=clock, uniform=lambda _low, _high: 0.0
    )
    with working(app, make_worker(app, connect(config.redis_url))):
        yield app
    dispose(app)


def everybody():
    return (People(SEED, PEOPLE).numbered(number) for number in range(PEOPLE))


class Client:
    def __init__(self, app):
        self.http = app.test_client(use_cookies=False)
        self.headers = {}

    def login(self, account, password=None):
        body = {"username": account["username"], "password": password or account["password"]}
        answer = self.http.post("/api/login", json=body)
        if answer.status_code == 200:
            self.headers = {"Cookie": f"session_id={answer.get_json()['session_id']}"}
        return answer

    def verify(self, account):
        """Sends the code that Instagram asked this sign-in for."""
        body = {"username": account["username"], "password": account["password"]}
        answer = self.post("/api/login", verification_code=account["code"], **body)
        if answer.status_code == 200:
            self.headers = {"Cookie": f"session_id={answer.get_json()['session_id']}"}
        return answer.get_json()

    def get(self, path):
        return self.http.get(path, headers=self.headers)

    def post(self, path, **body):
        return self.http.post(path, headers=self.headers, json=body)

    def results(self):
        return {item["username"]: item["status"] for item in self.get("/api/results").get_json()["items"]}


@pytest.fixture
def client(open_app):
    return lambda: Client(open_app)


def test_two_users_each_sign_in_send_and_see_only_their_own_results(client, sandbox, eventually):
    ann, ben = client(), client()
    people = [person.username for person in islice(everybody(), 4)]
    for one, account, names in ((ann, "plain_01", people[:2]), (ben, "plain_02", people[2:])):
        signed_in = one.login(sandbox.account(account))
        assert signed_in.status_code == 200
        assert signed_in.get_json()["session_valid"]
        assert one.get("/api/status").get_json()["username"] == account
        sent = one.post("/api/send-messages", usernames=names, message="Hello {username}")
        assert sent.status_code == 202
        assert sent.get_json()["action"]["total"] == 2
    for one, names in ((ann, people[:2]), (ben, people[2:])):
        eventually(lambda one=one, names=names: one.results() == dict.fromkeys(names, "sent"))
        table = one.get("/api/results?format=csv")
        assert table.headers["Content-Disposition"].startswith("attachment; filename=results_ig.plain_0")
        assert all(name in table.get_data(as_text=True) for name in names)
        assert not any(name in table.get_data(as_text=True) for name in set(people) - set(names))
    assert ann.post("/api/logout").status_code == 200
    assert ann.get("/api/results").status_code == 401
    assert ben.get("/api/results").status_code == 200


def test_a_sign_in_ends_when_it_was_idle_too_long(client, sandbox, clock, config):
    ann = client()
    ann.login(sandbox.account("plain_01"))
    clock.advance(config.session_timeout + 1)
    assert ann.get("/api/status").status_code == 401


def test_a_second_sign_in_does_not_ask_instagram_again(client, sandbox):
    account = sandbox.account("plain_01")
    assert client().login(account).status_code == 200
    sandbox.fault("plain_01", "login", "server_error", 9)
    assert client().login(account).status_code == 200
    assert client().login(account, "not the password").get_json()["error"] == "WRONG_CREDENTIALS"


def test_whom_instagram_refuses_is_not_kept(client, sandbox, open_app):
    refused = client().login(sandbox.account("plain_01"), "not the password")
    assert refused.get_json()["error"] == "INSTAGRAM_WRONG_PASSWORD"
    again = client().login(sandbox.account("plain_01"))
    assert again.status_code == 200


def test_a_code_is_asked_for_and_sent(client, sandbox):
    ann, account = client(), sandbox.account("two_factor")
    waiting = ann.login(account).get_json()
    assert (waiting["requires_verification"], waiting["verification"]["kind"]) == (True, "two_factor")
    before = dict(ann.headers)
    assert ann.post("/api/bot/verify", code=account["code"]).status_code == 401
    assert ann.verify({**account, "code": "111111"})["error"] == "INSTAGRAM_WRONG_CODE"
    assert ann.verify(account)["session_valid"]
    assert ann.get("/api/status").get_json()["bot_running"]
    assert ann.headers != before
    assert ann.http.get("/api/status", headers=before).status_code == 401


def test_a_server_that_does_not_allow_it_makes_nobody(app, sandbox):
    refused = Client(app).login(sandbox.account("plain_01"))
    assert (refused.status_code, refused.get_json()["error"]) == (401, "WRONG_CREDENTIALS")
    assert "new accounts cannot sign in here" in refused.get_json()["message"]
    assert sandbox.requests("plain_01") == {}


def test_two_sign_ins_at_once_sign_in_at_instagram_once(client, sandbox):
    account = sandbox.account("plain_01")
    with ThreadPoolExecutor(2) as pool:
        both = [one.result(60) for one in [pool.submit(client().login, account) for _ in range(2)]]
    assert [answer.status_code for answer in both] == [200, 200]
    assert len({answer.get_json()["session_id"] for answer in both}) == 2
    assert sandbox.requests("plain_01")["login"] == 1


def test_two_wrong_passwords_at_once_are_one_try_at_instagram(client, sandbox):
    account = sandbox.account("plain_01")
    with ThreadPoolExecutor(2) as pool:
        both = [one.result(60) for one in [pool.submit(client().login, account, "not it") for _ in range(2)]]
    assert [answer.get_json()["error"] for answer in both] == ["INSTAGRAM_WRONG_PASSWORD"] * 2
    client().login(sandbox.account("plain_02"), "not it")
    assert sandbox.requests("plain_01") == sandbox.requests("plain_02")


def test_without_its_code_a_password_opens_nothing(client, sandbox, open_app):
    owner, thief, account = client(), client(), sandbox.account("two_factor")
    owner.login(account)
    assert owner.get("/api/results").get_json()["error"] == "SIGN_IN_NEEDS_CODE"
    assert owner.verify(account)["session_valid"]
    assert owner.get("/api/results").status_code == 200
    with open_app.app_context():
        user_id = find_user(account["username"]).id
        sandbox.post("/sessions/end", account=account["username"])
        assert not requests.test_session(user_id).result["session_valid"]
    assert thief.login(account).get_json()["requires_verification"]
    assert thief.get("/api/results").get_json()["error"] == "SIGN_IN_NEEDS_CODE"
    for path in ("/api/activity", "/api/bot/status", "/api/auth/me"):
        assert thief.get(path).status_code == 401
    assert owner.get("/api/results").status_code == 200
    assert thief.post("/api/logout").status_code == 200
