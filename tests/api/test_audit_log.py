from tests.api.caller import field_codes, json_of, refusal

PATH = "/admin/audit"


def test_an_administrator_reads_who_did_what_to_whom(calls, alice, ada):
    calls(ada).patch(f"/users/{alice.id}", json={"is_active": False}, headers={"X-Request-ID": "disable-alice"})
    (entry,) = json_of(calls(ada).get(f"{PATH}?event=user_disabled&who=ada&whom={alice.id}"))["items"]
    assert (entry["who"], entry["whom"], entry["whom_id"]) == ("ada", "alice", alice.id)
    assert (entry["request_id"], entry["detail"]) == ("disable-alice", None)


def test_it_is_narrowed_by_time_and_comes_in_parts(calls, alice, bob, ada):
    assert json_of(calls(ada).get(f"{PATH}?until=2026-03-10T12:00:00Z"))["items"] == []
    first = json_of(calls(ada).get(f"{PATH}?limit=2&since=2026-03-10T12:00:00Z"))
    second = json_of(calls(ada).get(f"{PATH}?limit=2&cursor={first['next']}"))
    assert {entry["event"] for entry in first["items"] + second["items"]} == {"user_created"}
    assert second["next"] is None


def test_it_comes_as_a_table(calls, alice, ada):
    response = calls(ada).get(f"{PATH}?format=csv&whom=alice")
    assert response.headers["Content-Disposition"].startswith("attachment; filename=audit_ada_")
    assert response.data.decode("utf-8-sig").splitlines()[0].startswith("at,event,who,who_id,whom")
    assert "user_created,,,alice" in response.text


def test_it_is_for_administrators_and_only_to_be_read(calls, alice, ada):
    assert refusal(calls(alice).get(PATH)) == (403, "FORBIDDEN")
    assert refusal(calls(ada).delete(PATH)) == (405, "METHOD_NOT_ALLOWED")
    assert field_codes(calls(ada).get(f"{PATH}?since=yesterday")).keys() == {"since"}


def test_who_asks_for_what_is_an_administrators_is_refused_and_noted(calls, alice, ada):
    assert refusal(calls(alice).get("/admin/kill-switch")) == (403, "FORBIDDEN")
    (entry,) = json_of(calls(ada).get("/admin/audit?event=admin_refused"))["items"]
    assert (entry["who"], entry["whom"], entry["ip"]) == ("alice", None, "127.0.0.1")
    assert entry["detail"].endswith("show_kill_switch")
