"""Large tables that many people download at once from the web process, and one person many times."""

import http.client
import json
import threading
from collections import Counter
from dataclasses import dataclass

import pytest

from bot.app import create_base_app
from bot.storage.costly import MAX_AT_ONCE
from middleware.serving import is_costly
from tests.support.environment import config_for, dispose
from tests.support.long_activity import ROWS, add_activity, downloaded, stored
from tests.support.people import PASSWORD, make_somebody
from tests.support.web_process import web_process

PEOPLE, ASKED = 17, 34
# Each of many has a tenth of what one has: that they are mixed up or cut off would be seen with fewer too.
FEW = ROWS // 10


@dataclass(frozen=True)
class House:
    port: int
    stored: dict[str, list]

    def ask(self, method, path, body=None, token=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Authorization": f"Bearer {token}"} if token else {"Content-Type": "application/json"}
        connection.request(method, path, body and json.dumps(body), headers)
        response = connection.getresponse()
        with response:
            return response.status, response.headers, response.read()

    def sign_in(self, name):
        status, _, body = self.ask("POST", "/api/auth/login", {"username": name, "password": PASSWORD})
        assert status == 200, body
        return json.loads(body)["token"]

    def table(self, token):
        return self.ask("GET", "/api/activity?format=csv", token=token)


@pytest.fixture(scope="module")
def house(tmp_path_factory, databases, redis_url):
    folder = tmp_path_factory.mktemp("downloads")
    with databases.fresh("sqlite", folder) as url:
        app = create_base_app(config_for(folder, url, redis_url))
        with app.app_context():
            people = {name: make_somebody(name).id for name in [f"person{n}" for n in range(PEOPLE)] + ["greedy"]}
            for name, user_id in people.items():
                add_activity(user_id, ROWS if name == "greedy" else FEW)
            rows = {name: stored(user_id) for name, user_id in people.items()}
        dispose(app)
        with web_process(folder, url, redis_url) as web:
            yield House(web.port, rows)


def at_once(calls):
    """What so many calls return that begin at one moment."""
    ready, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def one(number):
        ready.wait(30)
        answers[number] = calls[number]()

    threads = [threading.Thread(target=one, args=[number]) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return answers


def test_tables_of_many_people_at_once_are_complete_and_their_own(house):
    tokens = {name: house.sign_in(name) for name in house.stored if name != "greedy"}
    names = [name for name in tokens for _ in range(MAX_AT_ONCE)]
    answers = at_once([lambda name=name: house.table(tokens[name]) for name in names])
    for name, (status, _, body) in zip(names, answers, strict=True):
        assert (status, downloaded(body) == house.stored[name]) == (200, True)


def test_of_one_persons_many_two_are_served_and_others_are_told_to_wait(house):
    token = house.sign_in("greedy")
    answers = at_once([lambda: house.table(token)] * ASKED)
    assert Counter(status for status, _, _ in answers) == {200: MAX_AT_ONCE, 429: ASKED - MAX_AT_ONCE}
    for status, headers, body in answers:
        if status == 200:
            assert downloaded(body) == house.stored["greedy"]
        else:
            assert json.loads(body)["error"] == "TOO_MANY_AT_ONCE"
            assert 1 <= int(headers["Retry-After"]) <= 60


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_table_and_export_is_answered_by_the_threads_of_what_is_costly(app):
    class Asked:
        def __init__(self, path, query=""):
            self.path, self.query = path, query

    paths = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    tables = {path for path in paths if path.endswith((".csv", "/export"))}
    assert {"/admin/audit.csv", "/settings/data/export"} <= tables
    assert all(is_costly(Asked(path), 0) for path in tables)
    assert is_costly(Asked("/api/activity", "limit=5&format=csv"), 0)
    assert not is_costly(Asked("/api/activity", "format=csvs"), 0)
    assert is_costly(Asked("/api/send-messages"), 5_000_000)
    assert not is_costly(Asked("/api/auth/login"), 100)
