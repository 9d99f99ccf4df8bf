import csv
import io
from dataclasses import replace

import pytest
from flask import Flask

from bot.actions.targets import Target, Work, pending_targets
from bot.core.errors import BotException
from bot.recipients.reading import MAX_BYTES
from bot.steps.outcomes import Outcome
from bot.steps.step import Step
from bot.steps.work import next_work
from bot.storage.tenancy import tenant
from tests.api.caller import Caller, field_codes, json_of, refusal
from tests.support.people import Somebody

SEND = "/bot/actions/send-messages"
# Lists as long as may be; how they are stored is tested on both databases.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TEXT = "Hi {full_name|you}"
TABLE = b"username,full_name\nann,Ann Archer\nben,\nnot one,x\nANN,Ann\n"


def send(calls, user, usernames=("@Ann", "ben"), message=TEXT, **options):
    headers = options.pop("headers", {})
    return calls(user).post(SEND, json={"usernames": list(usernames), "message": message} | options, headers=headers)


def upload(caller: Caller, table=TABLE, message=TEXT, **options):
    fields = {"file": (io.BytesIO(table), "people.csv"), "message": message} | options
    return caller.post(SEND, data=fields, content_type="multipart/form-data")


def large_table(size):
    """A table of so many bytes that names few people: each has a long name."""
    head, row = b"username,full_name\n", b"person%05d," + b"n" * 600 + b"\n"
    table = head + b"".join(row % number for number in range((size - len(head)) // len(row % 0)))
    return table + b"\n" * (size - len(table))


def test_an_action_is_accepted_with_the_place_of_its_progress(calls, ready):
    response = send(calls, ready, ["@Ann", "https://www.instagram.com/ben/", "two", "words", "ann", "ö"])
    answer = json_of(response)
    assert response.status_code == 202
    assert (answer["action"]["kind"], answer["action"]["total"], answer["action"]["pending"]) == ("send-messages", 4, 4)
    assert answer["rejected"] == [{"line": 6, "text": "ö", "reason": "not_a_username"}]
    assert (answer["rejected_count"], answer["folded"]) == (1, 1)
    place = response.headers["Location"].removeprefix("/api")
    assert json_of(calls(ready).get(place))["action"] == answer["action"]


def test_the_people_may_come_in_a_file(calls, ready):
    response = upload(calls(ready), start_at="2026-03-12T09:00:00Z", again="true")
    answer = json_of(response)
    assert response.status_code == 202
    assert (answer["action"]["total"], answer["action"]["start_at"]) == (2, "2026-03-12T09:00:00Z")
    assert answer["action"]["params"]["again"] is True
    assert answer["rejected"] == [{"line": 4, "text": "not one,x", "reason": "not_a_username"}]
    assert (answer["rejected_count"], answer["folded"]) == (1, 1)


def test_a_dry_run_shows_each_persons_text_and_sends_nothing(calls, alice):
    calls(alice).post("/bot/do-not-contact", json={"username": "ben"})
    response = upload(calls(alice), dry_run="true")
    answer = json_of(response)
    assert (response.status_code, answer["dry_run"], answer["accepted"]) == (200, True, 2)
    texts = [{"username": "ann", "text": "Hi Ann Archer"}, {"username": "ben", "text": "Hi you"}]
    assert (answer["previews"], answer["left_out"], answer["names_are_looked_up"]) == (texts, ["ben"], True)
    assert (answer["rejected_count"], answer["folded"]) == (1, 1)
    assert json_of(calls(alice).get("/bot/actions"))["items"] == []


def test_a_dry_run_of_a_list_is_the_same(calls, alice):
    answer = json_of(send(calls, alice, message="Hello {username}", dry_run=True))
    assert [preview["text"] for preview in answer["previews"]] == ["Hello ann", "Hello ben"]


@pytest.mark.parametrize(
    ("table", "column"),
    [(TABLE, None), (b"Account,Name\nann,Ann\n", "Account"), (b"Ann Archer,@ann\n", ""), (b"ann\nben\n", None)],
)
@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_it_says_which_column_it_took_to_have_the_usernames(calls, ready, table, column, dry_run):
    assert json_of(upload(calls(ready), table, dry_run=dry_run))["column"] == column


def test_a_list_has_no_column(calls, ready):
    assert json_of(send(calls, ready))["column"] is None


@pytest.mark.parametrize("written", ["a\r\nb", "a\rb", "a\nb"])
@pytest.mark.parametrize("path", [SEND, "/send-messages"])
def test_a_line_ends_alike_whoever_wrote_it(calls, ready, written, path):
    asked = {"usernames": ["ann"], "message": f"{written} {{username}}"}
    shown = json_of(calls(ready).post(path, json={**asked, "dry_run": True}))
    assert shown["previews"] == [{"username": "ann", "text": "a\nb ann"}]
    placed = json_of(calls(ready).post(path, json=asked))
    assert placed["action"]["params"]["message"] == "a\nb {username}"
    assert json_of(upload(calls(ready), b"username\nann", written, dry_run="true"))["previews"][0]["text"] == "a\nb"


def test_a_line_end_counts_as_one_character(calls, alice):
    assert send(calls, alice, message="\r\n" * 999 + "a", dry_run=True).status_code == 200


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_start_that_nobody_can_mean_is_refused_before_it_is_placed(calls, ready, dry_run):
    reply = send(calls, ready, start_at="2025-03-12T09:00:00Z", dry_run=dry_run)
    assert field_codes(reply) == {"start_at": "BELOW_MINIMUM"}


def test_the_same_key_is_the_same_action(calls, ready):
    key = {"headers": {"Idempotency-Key": "one"}}
    first, again = (send(calls, ready, **key) for _ in range(2))
    assert json_of(first) == json_of(again)
    assert [reply.headers.get("Idempotency-Replayed") for reply in (first, again)] == [None, "true"]
    assert refusal(send(calls, ready, ["cai"], **key)) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_an_action_needs_a_valid_session_and_a_running_bot(calls, alice, ready):
    calls(ready).post("/bot/stop")
    assert refusal(send(calls, ready)) == (409, "BOT_STOPPED")
    calls(ready).post("/bot/logout")
    assert refusal(send(calls, ready)) == (409, "SESSION_INVALID")


@on_sqlite
def test_a_list_of_ten_thousand_is_taken(calls, ready):
    answer = json_of(send(calls, ready, [f"a.person.with.a.long.name.{number:04}" for number in range(10_000)]))
    assert (answer["action"]["total"], answer["rejected_count"]) == (10_000, 0)


@on_sqlite
def test_clients_of_the_first_version_may_send_as_long_a_list(calls, ready):
    people = [f"a.person.with.a.long.name.{number:04}" for number in range(10_000)]
    answer = json_of(calls(ready).post("/send-messages", json={"usernames": people, "message": "Hi {username}"}))
    assert answer["action"]["total"] == 10_000


def test_a_list_of_more_is_refused(calls, ready):
    assert field_codes(send(calls, ready, ["ann"] * 10_001)) == {"usernames": "TOO_LONG"}


@on_sqlite
def test_a_file_of_five_megabytes_is_taken_and_a_larger_one_is_not(calls, ready):
    assert upload(calls(ready), large_table(MAX_BYTES)).status_code == 202
    for size in (MAX_BYTES + 1, 2 * MAX_BYTES):
        assert refusal(upload(calls(ready), large_table(size))) == (413, "RECIPIENTS_TOO_LARGE")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_large_file_is_taken_from_who_is_signed_in_by_cookie(app: Flask, calls, ready):
    caller = calls()
    caller.client.set_cookie("troupe_session", ready.token)
    caller.headers = {"X-CSRFToken": json_of(caller.get("/auth/me"))["csrf_token"]}
    assert upload(caller, large_table(MAX_BYTES)).status_code == 202
    caller.headers = {}
    assert refusal(upload(caller)) == (403, "CSRF_FAILED")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_other_route_takes_as_much(calls, ready):
    for path in ("/bot/actions/follow-hashtag", "/bot/do-not-contact", "/auth/login"):
        assert refusal(calls(ready).post(path, json={"username": "a" * 300_000})) == (413, "TOO_LARGE")


@pytest.mark.parametrize(
    ("table", "refused"),
    [
        (b"", (422, "RECIPIENTS_EMPTY")),
        (b"username\n", (422, "RECIPIENTS_EMPTY")),
        (b"two words\n", (422, "RECIPIENTS_EMPTY")),
        (b"\x00\x01\x02\n\x00\x03", (422, "RECIPIENTS_UNREADABLE")),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_that_names_nobody_is_refused(calls, ready, table, refused):
    assert refusal(upload(calls(ready), table)) == refused


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_names_what_is_wrong_with_an_action(calls, ready):
    assert field_codes(send(calls, ready, message="Hi {ful_name}")) == {"message": "INVALID"}
    assert field_codes(send(calls, ready, ["a" * 201])) == {"usernames.0": "TOO_LONG"}
    assert field_codes(send(calls, ready, [])) == {"usernames": "TOO_SHORT"}
    assert field_codes(send(calls, ready, again="yes", speed=9)) == {"again": "WRONG_TYPE", "speed": "UNKNOWN_FIELD"}
    many = [f"person{number}" for number in range(200)]
    assert field_codes(send(calls, ready, many, message="The same for all")) == {"message": "TEXTS_ALIKE"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_names_what_is_wrong_with_a_form(calls, ready):
    caller = calls(ready)
    assert field_codes(upload(caller, again="perhaps")) == {"again": "WRONG_TYPE"}
    assert field_codes(upload(caller, message="a\x00")) == {"message": "CONTROL_CHARACTER"}
    assert field_codes(upload(caller, usernames="ann", start_at="soon")) == {
        "usernames": "UNKNOWN_FIELD",
        "start_at": "WRONG_FORM",
    }
    twice = {"file": [(io.BytesIO(TABLE), "a"), (io.BytesIO(TABLE), "b")], "message": TEXT}
    response = caller.post(SEND, data=twice, content_type="multipart/form-data")
    assert field_codes(response) == {"file": "DUPLICATE"}
    response = caller.post(SEND, data=b"no parts", content_type="multipart/form-data")
    assert field_codes(response) == {"file": "MISSING", "message": "MISSING"}


def written(user_id, action_id, ended):
    """Claims the next message of the action and ends it as the function says."""
    work = next_work(user_id)
    assert isinstance(work, Work)
    with tenant(user_id, reading=True) as session:
        target = pending_targets(session, action_id)[0]
    claimed = Step(user_id, work).claim(replace(target, instagram_id=f"id of {target.person}"))
    assert isinstance(claimed, Target)
    ended(work, claimed)


@pytest.fixture
def sent(app: Flask, calls, ready: Somebody, clock):
    """The path of an action: ann got her message, of ben's it is not known, cai's waits, dee is left alone."""
    calls(ready).post("/bot/do-not-contact", json={"username": "dee"})
    action_id = json_of(send(calls, ready, ["ann", "ben", "cai", "dee"], message="=Hi {username}"))["action"]["id"]

    def arrives(work, target):
        Step(ready.id, work).finish(target, Outcome(item_id="1", thread_id="2", at=clock.now()))

    def is_not_known(work, target):
        Step(ready.id, work).fail(target, BotException("INSTAGRAM_TIMEOUT", delivered="maybe"))

    with app.app_context():
        written(ready.id, action_id, arrives)
        clock.advance(seconds=10)
        written(ready.id, action_id, is_not_known)
    return f"/bot/actions/{action_id}"


def results(calls, user, place, query=""):
    return {item["username"]: item for item in json_of(calls(user).get(f"{place}/results{query}"))["items"]}


def test_the_results_show_what_became_of_each(calls, ready, sent):
    found = results(calls, ready, sent)
    assert {name: item["status"] for name, item in found.items()} == {
        "ann": "sent",
        "ben": "unknown",
        "cai": "pending",
        "dee": "skipped",
    }
    assert (found["ann"]["text"], found["ann"]["sent_at"]) == ("=Hi ann", "2026-03-10T12:00:00Z")
    assert (found["ben"]["text"], found["ben"]["sent_at"]) == ("=Hi ben", None)
    assert (found["ben"]["error_code"], found["ben"]["look_up_at"]) == ("E-NET-W-0001", "2026-03-10T12:00:13Z")
    assert (found["cai"]["text"], found["dee"]["reason"], found["ann"]["answered"]) == (None, "do_not_contact", False)


def test_the_results_come_in_parts_and_by_status(calls, ready, sent):
    first = json_of(calls(ready).get(f"{sent}/results?limit=3"))
    rest = json_of(calls(ready).get(f"{sent}/results?limit=3&cursor={first['next']}"))
    assert [item["username"] for item in first["items"] + rest["items"]] == ["ann", "ben", "cai", "dee"]
    assert set(results(calls, ready, sent, "?status=sent")) == {"ann"}
    assert field_codes(calls(ready).get(f"{sent}/results?status=done&format=xml")) == {
        "status": "NOT_ALLOWED",
        "format": "NOT_ALLOWED",
    }


def test_the_results_come_as_a_table_in_which_nothing_is_a_formula(calls, ready, sent, clock):
    clock.advance(minutes=30)
    response = calls(ready).get(f"{sent}/results?format=csv")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    name = "results_alice_20260310T123010Z.csv"
    assert response.headers["Content-Disposition"] == f"attachment; filename={name}"
    assert response.data.startswith("\ufeff".encode())
    head, ann, ben, *_ = csv.reader(io.StringIO(response.data.decode("utf-8-sig")))
    assert head == ["username", "status", "reason", "message", "answered", "sent_at", "error_code"]
    assert ann == ["ann", "sent", "", "'=Hi ann", "", "2026-03-10T12:00:00+00:00", ""]
    assert ben == ["ben", "unknown", "", "'=Hi ben", "", "", "E-NET-W-0001"]


@pytest.mark.parametrize(
    ("outcome", "status", "reason"),
    [("sent", "sent", "you_said_sent"), ("not_sent", "failed", "you_said_not_sent"), ("send_again", "pending", None)],
)
def test_what_is_not_known_is_settled_by_its_user(calls, ready, sent, outcome, status, reason):
    target_id = results(calls, ready, sent)["ben"]["id"]
    answer = json_of(calls(ready).post(f"{sent}/targets/{target_id}/resolve", json={"outcome": outcome}))
    assert (answer["result"]["status"], answer["result"]["reason"]) == (status, reason)
    assert results(calls, ready, sent)["ben"] == answer["result"]
    again = calls(ready).post(f"{sent}/targets/{target_id}/resolve", json={"outcome": outcome})
    assert refusal(again) == (409, "TARGET_NOT_UNKNOWN")


def test_only_what_is_not_known_is_settled(calls, ready, sent):
    for name in ("ann", "cai", "dee"):
        target_id = results(calls, ready, sent)[name]["id"]
        response = calls(ready).post(f"{sent}/targets/{target_id}/resolve", json={"outcome": "sent"})
        assert refusal(response) == (409, "TARGET_NOT_UNKNOWN")
    action_id = sent.rpartition("/")[2]
    response = calls(ready).post(f"{sent}/targets/{action_id}/resolve", json={"outcome": "sent"})
    assert refusal(response) == (404, "TARGET_NOT_FOUND")
    response = calls(ready).post(f"{sent}/targets/{target_id}/resolve", json={"outcome": "perhaps"})
    assert field_codes(response) == {"outcome": "NOT_ALLOWED"}


def test_nothing_is_sent_again_in_a_cancelled_action(calls, ready, sent):
    target_id = results(calls, ready, sent)["ben"]["id"]
    calls(ready).post(f"{sent}/cancel")
    response = calls(ready).post(f"{sent}/targets/{target_id}/resolve", json={"outcome": "send_again"})
    assert refusal(response) == (409, "ACTION_NOT_RUNNING")


def test_a_stranger_sees_and_settles_nothing(calls, ready, sent, bob, ada):
    target_id = results(calls, ready, sent)["ben"]["id"]
    for stranger in (bob, ada):
        caller = calls(stranger)
        for query in ("", "?format=csv"):
            assert refusal(caller.get(f"{sent}/results{query}")) == (404, "ACTION_NOT_FOUND")
        response = caller.post(f"{sent}/targets/{target_id}/resolve", json={"outcome": "sent"})
        assert refusal(response) == (404, "ACTION_NOT_FOUND")
    assert results(calls, ready, sent)["ben"]["status"] == "unknown"
