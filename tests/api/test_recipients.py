"""Lists of people that are not sure, through the API: what is asked about them, and what an answer does."""

import io

import pytest
from flask import Flask

from bot.config import runtime
from bot.steps.outcomes import Outcome
from bot.steps.step import Step
from tests.api.caller import field_codes, json_of, refusal
from tests.api.test_messages import SEND, TEXT, on_sqlite, results, send, upload, written

pytestmark = on_sqlite


def asked(response):
    """What is asked about a list: the code, the field, and each answer with what it would read."""
    problem = json_of(response)
    assert response.status_code == 422
    return (
        problem["error"],
        [one["field"] for one in problem["errors"]],
        {one["value"]: one["samples"] for one in problem["candidates"]},
    )


def people(response):
    return {one["username"]: one["text"] for one in json_of(response)["previews"]}


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_nobody_is_accepted_from_a_table_before_its_column_is_sure(calls, ready, dry_run):
    table = b"vip,ann,Ann Lee\nvip,ben_l,Ben Lee\n"
    refused = upload(calls(ready), table, dry_run=dry_run)
    assert asked(refused) == ("RECIPIENTS_UNSURE", ["column"], {"1": ["vip"], "2": ["ann", "ben_l"]})
    assert json_of(refused)["rows"] == [["vip", "ann", "Ann Lee"], ["vip", "ben_l", "Ben Lee"]]
    assert json_of(calls(ready).get("/bot/actions"))["items"] == []


def test_the_column_that_is_chosen_is_read_and_no_other(calls, ready):
    table = b"vip,ann,Ann Lee\nvip,ben_l,Ben Lee\n"
    chosen = upload(calls(ready), table, column="2", name_column="3", header="false", dry_run="true")
    assert people(chosen) == {"ann": "Hi Ann Lee", "ben_l": "Hi Ben Lee"}
    placed = upload(calls(ready), table, column="2", header="false")
    assert (placed.status_code, json_of(placed)["action"]["total"]) == (202, 2)


def test_the_column_may_be_named_by_its_header(calls, ready):
    table = b"Contact,Value\nAnn,ann_k\n"
    assert asked(upload(calls(ready), table))[2]["2"] == ["value", "ann_k"]
    for column in ("2", "Value", "value"):
        assert people(upload(calls(ready), table, column=column, dry_run="true")) == {"ann_k": "Hi you"}
    assert field_codes(upload(calls(ready), table, column="Nobody")) == {"column": "INVALID_INPUT"}
    assert field_codes(upload(calls(ready), table, column="")) == {"column": "TOO_SHORT"}


def test_words_side_by_side_are_people_once_that_is_said(calls, ready):
    refused = upload(calls(ready), b"ann, ben, cai")
    assert asked(refused)[2]["all"] == ["ann", "ben", "cai"]
    assert set(people(upload(calls(ready), b"ann, ben, cai", column="all", dry_run="true"))) == {"ann", "ben", "cai"}


def test_a_first_row_that_may_be_a_header_is_asked_about(calls, ready):
    table = b"Kontakte\nann\nben\n"
    answers = {"true": ["ann", "ben"], "false": ["kontakte", "ann", "ben"]}
    assert asked(upload(calls(ready), table)) == ("RECIPIENTS_UNSURE", ["header"], answers)
    for header, names in answers.items():
        assert list(people(upload(calls(ready), table, header=header, dry_run="true"))) == names


@pytest.mark.parametrize("path", [SEND, "/send-messages"])
def test_names_in_an_encoding_that_is_not_known_are_asked_about(calls, ready, path):
    def uploaded(**options):
        fields = {"file": (io.BytesIO("username;full_name\nann;Анна\n".encode("cp1251")), "a.csv"), "message": TEXT}
        return calls(ready).post(path, data=fields | options, content_type="multipart/form-data")

    error, fields, candidates = asked(uploaded())
    assert (error, fields) == ("RECIPIENTS_ENCODING", ["encoding"])
    assert (candidates["windows-1251"], candidates["ascii"]) == (["Анна"], [])
    assert people(uploaded(encoding="windows-1251", dry_run="true")) == {"ann": "Hi Анна"}
    assert people(uploaded(encoding="ascii", dry_run="true")) == {"ann": "Hi you"}
    assert field_codes(uploaded(encoding="cp1251")) == {"encoding": "NOT_ALLOWED"}


def test_instagrams_own_download_is_read_and_other_json_is_refused(calls, ready):
    table = b'[{"string_list_data":[{"href":"https://www.instagram.com/ann","value":"ann"}]}]'
    assert people(upload(calls(ready), table, dry_run="true")) == {"ann": "Hi you"}
    assert refusal(upload(calls(ready), b'{"ann": 1}')) == (422, "RECIPIENTS_JSON")


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_a_list_in_which_no_row_names_a_person_says_which_rows_and_why(calls, ready, dry_run):
    row = {"line": 1, "text": "Eve Fox", "reason": "not_a_username"}
    refused = upload(calls(ready), b"Eve Fox\n", dry_run=dry_run)
    assert (refused.status_code, field_codes(refused)) == (422, {"file": "RECIPIENTS_EMPTY"})
    assert json_of(refused)["message"] == "None of these rows names a person."
    assert json_of(refused)["rejected"] == [row]
    listed = {"usernames": ["Eve Fox", "Follow"], "message": TEXT, "dry_run": dry_run == "true"}
    refused = calls(ready).post(SEND, json=listed)
    assert (refused.status_code, field_codes(refused)) == (422, {"usernames": "RECIPIENTS_EMPTY"})
    assert json_of(refused)["rejected"] == [row, {"line": 2, "text": "Follow", "reason": "button"}]
    assert json_of(calls(ready).get("/bot/actions"))["items"] == []


def test_an_empty_list_is_told_as_one(calls, ready):
    refused = upload(calls(ready), b"")
    assert refusal(refused) == (422, "RECIPIENTS_EMPTY")
    assert not {"candidates", "rows", "rejected"} & json_of(refused).keys()
    assert json_of(refused)["message"] == "The list of recipients is empty."


@pytest.mark.parametrize("path", [SEND, "/send-messages"])
def test_an_item_of_the_list_is_one_username_or_a_rejected_row(calls, ready, path):
    items = ['"ann"', "＠ben", "cai, dee", "Eve Fox", "gus\tGus Hill", "username", "+49 170 123"]
    answer = json_of(calls(ready).post(path, json={"usernames": items, "message": TEXT, "dry_run": True}))
    assert [one["username"] for one in answer["previews"]] == ["ann", "ben"]
    rejected = [(one["line"], one["reason"]) for one in answer["rejected"]]
    none = "not_a_username"
    assert rejected == [(3, none), (4, none), (5, none), (6, "header"), (7, none)]


def test_a_first_name_of_the_table_is_the_one_that_is_sent(app: Flask, calls, ready):
    table = b"username,first_name,last_name\nann,Ann Marie,Archer\nben,1st,Baker\n"
    text = "Hi {first_name|there}, {full_name}"
    shown = people(upload(calls(ready), table, text, dry_run="true"))
    assert shown == {"ann": "Hi Ann Marie, Ann Marie Archer", "ben": "Hi there, 1st Baker"}
    action_id = json_of(upload(calls(ready), table, text))["action"]["id"]

    def arrives(work, target):
        Step(ready.id, work).finish(target, Outcome(item_id="1", thread_id="2", at=runtime.now()))

    with app.app_context():
        written(ready.id, action_id, arrives)
    assert results(calls, ready, f"/bot/actions/{action_id}")["ann"]["text"] == shown["ann"]


def test_a_dry_run_shows_everybody_who_is_accepted(calls, ready):
    names = [f"person{number}" for number in range(10_000)]
    answer = json_of(send(calls, ready, names, message="Hi {username}", dry_run=True))
    assert answer["previews"] == [{"username": name, "text": f"Hi {name}"} for name in names]


@pytest.mark.parametrize("placeholder", ["{{full_name}}", "[first_name]", "%username%", "<name>"])
def test_a_placeholder_of_another_tool_is_refused_at_the_message(calls, ready, placeholder):
    refused = send(calls, ready, message=f"Hi {placeholder}")
    assert field_codes(refused) == {"message": "INVALID"}
    assert "is not filled in; write {" in json_of(refused)["errors"][0]["message"]


def test_what_is_asked_goes_into_no_log(calls, ready, capsys, caplog):
    upload(calls(ready), b"secret_person,Anna Kim\nben,Ben Lee\n")
    assert "secret_person" not in caplog.text + capsys.readouterr().out
