import pytest

from bot.automation import client_versions
from bot.automation.unknown_replies import UnknownReply, note_unknown_reply
from bot.core.errors import BotException
from tests.api.caller import json_of, refusal

PATH = "/admin/instagram-client"
REFUSED = BotException("INSTAGRAM_CLIENT_OUTDATED", delivered="no", refused_client="2.0", refused_app="200.0")


@pytest.fixture
def held(app, ready):
    with app.app_context():
        client_versions.hold_if_refused(REFUSED)


def test_nothing_is_known_before_a_worker_has_started(calls, ada):
    answer = json_of(calls(ada).get(PATH))
    assert (answer["held"], answer["client"], answer["sessions"]) == (False, None, [])


def test_an_admin_sees_the_refused_version_and_releases_the_bots(calls, ready, ada, held):
    answer = json_of(calls(ada).get(PATH))
    assert answer["held"]
    client = answer["client"]
    assert (client["version"], client["app_version"], client["days"]) == ("2.0", "200.0", 0)
    assert answer["sessions"] == [{"app_version": None, "accounts": 1}]
    verdict = json_of(calls(ready).get("/bot/status"))["verdict"]
    assert (verdict["state"], verdict["reason"], verdict["who"]) == ("halted", "INSTAGRAM_CLIENT_OUTDATED", "admin")
    assert refusal(calls(ready).post(f"/users/{ready.id}/test-session")) == (503, "INSTAGRAM_CLIENT_OUTDATED")
    for _ in range(2):
        answer = json_of(calls(ada).delete(f"{PATH}/hold"))
        assert (answer["held"], answer["client"]["released_by"]) == (False, "ada")
    assert json_of(calls(ready).get("/bot/status"))["verdict"]["reason"] != "INSTAGRAM_CLIENT_OUTDATED"


REPLY = UnknownReply("users/{}/usernameinfo", 200, "E-NET-W-0003", "2.0", {".": "object", "user": "null"})


def test_an_admin_lists_the_replies_that_were_not_understood(app, calls, ada, alice):
    path = f"{PATH}/unknown-replies"
    assert json_of(calls(ada).get(path))["replies"] == []
    with app.app_context():
        note_unknown_reply(REPLY)
        note_unknown_reply(REPLY)
    [seen] = json_of(calls(ada).get(path))["replies"]
    assert (seen["path"], seen["count"], seen["shape"]) == (REPLY.path, 2, REPLY.shape)
    assert (seen["http_status"], seen["error_code"], seen["client"]) == (200, REPLY.error_code, "2.0")
    assert seen["first_seen_at"] == seen["last_seen_at"]
    assert refusal(calls(alice).get(path))[0] == 403
