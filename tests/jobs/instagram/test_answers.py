"""An observer sees each reply, and the failure of its call."""

import pytest
import requests

from jobs.instagram import InstagramAuth, InstagramClient
from jobs.instagram.answers import Answered
from tests.jobs.instagram.conftest import failure_of, somebody

NEW = {"status": 400, "body": {"message": "never_heard_of", "status": "fail"}}


class Seen(list):
    """What an observer was shown: path, status, body and the name of the failure."""

    def __call__(self, answered, failure):
        self.append((answered.path, answered.status, answered.body, failure and failure.name))


@pytest.fixture
def seen():
    return Seen()


@pytest.fixture
def client(sandbox, sign_in, seen):
    client = InstagramClient(sign_in().session, sandbox.endpoint, observe=seen)
    yield client
    client.close()


def test_it_sees_a_reply_that_was_understood_and_no_name_in_its_path(client, seen):
    client.person(somebody(client).username)
    assert [(path, status, failure) for path, status, _, failure in seen] == [
        ("tags/{}/sections/", 200, None),
        ("users/{}/usernameinfo/", 200, None),
    ]
    assert all(body["status"] == "ok" for _, _, body, _ in seen)


def test_it_sees_an_unknown_refusal(sandbox, client, seen):
    sandbox.answer("plain_01", NEW, call="inbox")
    failure = failure_of(client.inbox)
    assert seen == [("direct_v2/inbox/", 400, NEW["body"], failure.name)]
    assert failure.name == "INSTAGRAM_REFUSED"


def test_it_sees_a_reply_that_the_reader_could_not_read(sandbox, client, seen):
    sandbox.answer("plain_01", {"status": 200, "body": {"user": ["x"], "status": "ok"}}, call="usernameinfo")
    failure_of(lambda: client.person("paper.lantern"))
    assert [(path, status, failure) for path, status, _, failure in seen] == [
        ("users/{}/usernameinfo/", 200, "INSTAGRAM_UNREADABLE")
    ]


def test_it_sees_a_page_as_its_text(sandbox, client, seen):
    sandbox.fault("plain_01", "follow", "html")
    failure_of(lambda: client.follow("9000000001"))
    [(path, status, body, failure)] = seen
    assert (path, status, failure) == ("friendships/create/{}/", 200, "INSTAGRAM_UNREADABLE")
    assert body.lstrip().startswith("<")


def test_it_sees_nothing_if_there_was_no_reply(sandbox, client, seen):
    sandbox.fault("plain_01", "inbox", "cut")
    failure_of(client.inbox)
    assert seen == []


def test_each_reply_is_shown_once_and_let_go(client, seen):
    client.inbox()
    assert len(seen) == 1
    assert client._answered is None


def test_it_sees_the_failed_test_of_a_session_and_no_successful_one(sandbox, sign_in, seen):
    auth, session = InstagramAuth(sandbox.endpoint, observe=seen), sign_in().session
    auth.test_connection(session)
    assert seen == []
    sandbox.answer("plain_01", NEW, call="current_user")
    failure_of(lambda: auth.test_connection(session))
    sandbox.answer("plain_01", {"status": 200, "body": {"status": "ok"}}, call="current_user")
    failure_of(lambda: auth.test_connection(session))
    assert [(path, status, failure) for path, status, _, failure in seen] == [
        ("/api/v1/accounts/current_user/", 400, "INSTAGRAM_REFUSED"),
        ("/api/v1/accounts/current_user/", 200, "INSTAGRAM_UNREADABLE"),
    ]


def test_it_sees_why_a_sign_in_failed(sandbox, seen):
    auth = InstagramAuth(sandbox.endpoint, observe=seen)
    sandbox.answer("plain_01", NEW, path="send_login_request")
    failure = failure_of(lambda: auth.login("plain_01", sandbox.password("plain_01")))
    [(path, status, body, name)] = seen
    assert path.endswith("com.bloks.www.bloks.caa.login.async.send_login_request/")
    assert (status, body, name) == (400, NEW["body"], failure.name)


def test_it_sees_the_first_page_that_is_refused_after_an_accepted_sign_in(sandbox, seen):
    sandbox.answer("plain_01", NEW, path="/feed/timeline/")
    linked = InstagramAuth(sandbox.endpoint, observe=seen).login("plain_01", sandbox.password("plain_01"))
    [(path, status, body, name)] = seen
    assert (path, status, body, name) == ("/api/v1/feed/timeline/", 400, NEW["body"], linked.trouble.name)


@pytest.mark.parametrize(
    ("content", "charset", "body"),
    [
        (b'{"status": "ok"}', "utf-8", {"status": "ok"}),
        (b"<html>", "utf-8", "<html>"),
        (b"[" * 50_000, "utf-8", "[" * 50_000),
        (b'{"a": "\xc3\xa9"}', "idna", {"a": "\u00e9"}),
    ],
)
def test_any_reply_has_a_body(content, charset, body):
    found = requests.Response()
    found._content, found.encoding = content, charset
    assert Answered("x/", found).body == body
