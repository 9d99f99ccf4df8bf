from tests.api.caller import field_codes, json_of, refusal

PATH = "/admin/kill-switch"


def test_an_administrator_stops_every_bot_and_lets_them_go_on(calls, ready, ada, clock):
    assert json_of(calls(ada).get(PATH))["stopped"] is None
    stopped = json_of(calls(ada).put(PATH, json={"reason": "A storm."}))["stopped"]
    assert (stopped["reason"], stopped["set_by"]) == ("A storm.", "ada")
    verdict = json_of(calls(ready).get("/bot/status"))["verdict"]
    assert (verdict["state"], verdict["reason"]) == ("halted", "KILL_SWITCH")
    assert "A storm." in verdict["message"]
    assert json_of(calls(ada).delete(PATH))["stopped"] is None
    assert json_of(calls(ready).get("/bot/status"))["verdict"]["reason"] == "NO_WORK"


def test_it_asks_why(calls, ada):
    assert field_codes(calls(ada).put(PATH, json={"reason": ""})) == {"reason": "TOO_SHORT"}
    assert json_of(calls(ada).get(PATH))["stopped"] is None


def test_what_is_placed_meanwhile_waits_and_what_needs_an_answer_is_refused(calls, ready, ada):
    calls(ada).put(PATH, json={"reason": "A storm."})
    placed = calls(ready).post("/bot/actions/follow-hashtag", json={"hashtag": "coffee", "amount": 3})
    assert placed.status_code == 202
    assert refusal(calls(ready).post(f"/users/{ready.id}/test-session")) == (409, "KILL_SWITCH")
