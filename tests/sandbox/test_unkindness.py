"""Refusals that no one asked for call by call: throttled reads, old apps, and acts that are quietly not done."""

import pytest
import requests
from instagrapi import exceptions

from sandbox.accounts import SPECIAL
from sandbox.people import People
from sandbox.replies import recorded
from tests.bench.page import sandbox_mode
from tests.sandbox.conftest import new_client
from tests.support.sandbox_process import SandboxProcess

SOMEBODY = "2000000042"
OLD_APP = "Instagram 222.0.0.13.114 Android (26/8.0.0; 480dpi; 1080x1920; samsung; SM-G930F; herolte; exynos; en_US; 1)"


def be_unkind(sandbox, account="plain_01", **how):
    sandbox.post("/unkindness", account=account, **how)


def follow(client, person=SOMEBODY):
    return client.private_request(f"friendships/create/{person}/", {"user_id": str(person)})


def read_often(client):
    for _ in range(200):
        client.account_info()


def test_reads_are_throttled_and_acts_are_not(sandbox, signed_in):
    client = signed_in("plain_01")
    be_unkind(sandbox, reads=3, seconds=60.0)
    for _ in range(3):
        client.account_info()

    with pytest.raises(exceptions.PleaseWaitFewMinutes):
        client.account_info()
    assert follow(client)["friendship_status"]["following"]

    sandbox.post("/clock", seconds=61)
    assert client.account_info()


def test_what_is_set_for_one_account_meets_no_other(sandbox, signed_in):
    client = signed_in("plain_02")
    be_unkind(sandbox, "plain_01", reads=1, seconds=60.0)

    assert all(client.account_info() for _ in range(3))


def test_the_account_itself_goes_before_everybody(sandbox, signed_in):
    client = signed_in("plain_01")
    be_unkind(sandbox, "*", reads=1, seconds=60.0)
    be_unkind(sandbox, "plain_01")

    assert all(client.account_info() for _ in range(3))
    assert {one["account"] for one in sandbox.get("/unkindness")} == {"*", "plain_01"}


@pytest.mark.parametrize(("oldest", "taken"), [("222.0.0.13.114", True), ("222.0.0.13.115", False), ("350", False)])
def test_an_app_that_is_too_old_is_refused_at_work(sandbox, signed_in, oldest, taken):
    client = signed_in("plain_01")
    client.private.headers["User-Agent"] = client.user_agent = OLD_APP
    client.settings["user_agent"] = OLD_APP
    be_unkind(sandbox, "*", oldest_app=oldest)

    if taken:
        assert client.account_info()
        return
    with pytest.raises(exceptions.ClientError):
        client.account_info()
    assert client.last_json["error_type"] == "needs_upgrade"


def test_an_old_app_is_refused_at_sign_in_and_no_session_is_opened(sandbox, fresh_client):
    client = fresh_client()

    with pytest.raises(exceptions.ClientError):
        client.login("old_app", sandbox.account("old_app")["password"])

    assert "unsupported_version" in str(client.last_json)
    assert sandbox.ledger("old_app") == []


def test_acts_are_acknowledged_and_not_done(sandbox, signed_in):
    client = signed_in("quiet_no")
    post = client.hashtag_medias_recent_v1("coffee", 1)[0]

    answer = follow(client)
    assert answer["status"] == "ok"
    assert answer["friendship_status"]["following"] is answer["friendship_status"]["outgoing_request"] is False
    assert client.media_like(post.id)
    with pytest.raises(exceptions.ClientForbiddenError):
        client.direct_send("hello", [int(SOMEBODY)])

    assert client.last_json["action"] == "item_ack"
    assert [one["kind"] for one in sandbox.ledger("quiet_no")] == ["login"]
    assert not client.media_info_v1(post.pk).has_liked


def test_a_share_of_the_acts_is_quietly_not_done_the_same_after_a_reset(sandbox, signed_in):
    def run():
        client = signed_in("plain_01")
        be_unkind(sandbox, quiet=0.4)
        for number in range(30):
            follow(client, 2_000_000_100 + number)
        return sandbox.targets("plain_01", "follow")

    done = run()
    sandbox.reset()

    assert 10 < len(done) < 26
    assert run() == done


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"reads": -1, "seconds": 1.0}, "reads"),
        ({"reads": 5}, "seconds"),
        ({"seconds": 5.0}, "seconds"),
        ({"oldest_app": "new"}, "oldest_app"),
        ({"quiet": 1.5}, "quiet"),
        ({"loud": 1}, "loud"),
    ],
)
def test_an_unkindness_that_makes_no_sense_is_refused_by_field(sandbox, how, field):
    refused = requests.post(f"{sandbox.url}/unkindness", json={"account": "plain_01", **how}, timeout=10)

    assert refused.status_code == 422
    assert field in refused.json()["fields"]
    assert sandbox.get("/unkindness") == []


@pytest.mark.parametrize("behaviour", [one for one in SPECIAL if one.fault in recorded()], ids=lambda one: one.name)
def test_the_cast_meets_what_the_file_has_under_its_fault(sandbox, signed_in, behaviour):
    client = signed_in(behaviour.name)
    path = "direct_v2/threads/broadcast/text/" if behaviour.calls == "message" else f"friendships/create/{SOMEBODY}/"
    form = {"text": "hello", "client_context": "1", "recipient_users": f"[[{SOMEBODY}]]"}

    with pytest.raises(exceptions.ClientError):
        client.private_request(path, form, with_signature=False)

    reply = recorded()[behaviour.fault]
    assert client.last_response.status_code == reply.status
    if isinstance(reply.body, dict):
        assert client.last_json.keys() >= reply.body.keys()
    assert [one["kind"] for one in sandbox.ledger(behaviour.name)] == ["login"]


@pytest.fixture(scope="module")
def unkind_sandbox():
    with SandboxProcess.start(0, "--unkind") as sandbox:
        yield sandbox


def test_with_unkind_everybody_meets_all_of_it(unkind_sandbox, tmp_path, own_trust):
    assert unkind_sandbox.get("/health")["unkind"] is True
    client = new_client(unkind_sandbox.proxy, unkind_sandbox.write_ca(tmp_path))
    client.login("plain_01", unkind_sandbox.account("plain_01")["password"])
    for number in range(200):
        follow(client, 2_000_000_100 + number)
    followed = unkind_sandbox.targets("plain_01", "follow")
    public = next(name for name in followed if not People(1, 100_000).named(name).is_private)
    unkind_sandbox.post("/messages", account="plain_01", username=public, text="hi")

    inbox = client.private_request("direct_v2/inbox/")
    assert [bool(one["items"]) for one in inbox["inbox"]["threads"]] == [False, True]
    unkind_sandbox.post("/messages", account="plain_01", username="lucia.diaz_2", text="who are you?")
    assert client.private_request("direct_v2/inbox/")["pending_requests_total"] == 1
    with pytest.raises(exceptions.PleaseWaitFewMinutes):
        read_often(client)
    assert 180 < len(followed) < 200
    client.private.close()


def test_the_bench_says_whether_its_sandboxes_are_unkind(monkeypatch):
    monkeypatch.delenv("SANDBOX_UNKIND", raising=False)
    assert sandbox_mode() == "the kind sandbox"
    monkeypatch.setenv("SANDBOX_UNKIND", "1")
    assert sandbox_mode() == "the unkind sandbox (`SANDBOX_UNKIND=1`)"


def test_the_environment_makes_it_unkind(monkeypatch):
    monkeypatch.setenv("SANDBOX_UNKIND", "1")
    with SandboxProcess.start() as sandbox:
        assert sandbox.get("/health")["unkind"] is True
