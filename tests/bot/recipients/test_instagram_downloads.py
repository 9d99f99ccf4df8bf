"""The lists of people in Instagram's own download, and JSON that is none."""

import json

import pytest

from bot.core.errors import BotException
from bot.recipients.reading import parse_csv, parse_pasted


def entry(value=None, href=None, **others):
    told = {"timestamp": 1700000000} | ({"value": value} if value else {}) | ({"href": href} if href else {})
    return {"title": "", "media_list_data": [], "string_list_data": [told]} | others


LINK = "https://www.instagram.com/anna_k"
READ = [
    [{"string_list_data": [{"href": LINK, "value": "anna_k"}]}],
    [entry("anna_k", LINK)],
    {"relationships_following": [entry("anna_k", LINK)]},
    {"relationships_following": [entry(None, "https://www.instagram.com/_u/anna_k", title="anna_k")]},
    [entry(None, LINK)],
    [entry("anna_k")],
    [entry("Anna_K", LINK + "/", title="Anna Kim")],
    ["anna_k"],
    ["@Anna_K"],
    {"usernames": [LINK]},
    {"relationships_close_friends": [entry("anna_k", LINK)]},
]


@pytest.mark.parametrize("value", READ)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_list_of_people_is_read(value, indent):
    text = json.dumps(value, indent=indent)
    for found in (parse_csv(f"\ufeff{text}\n".encode()), parse_pasted(text)):
        assert [one.username for one in found.accepted] == ["anna_k"]
        assert (found.rejected, found.column) == ([], None)


REJECTED = {
    "several_names": [
        entry("anna_k", "https://www.instagram.com/ben"),
        entry("anna_k", LINK, title="ben"),
        {"string_list_data": [{"value": "anna_k"}, {"value": "ben"}]},
    ],
    "empty_name": [entry(), {"string_list_data": []}, entry(title="anna_k"), entry("null")],
    "not_a_username": [entry("Anna Kim"), entry(None, "https://www.instagram.com/p/CxYz/"), entry("12345")],
}


@pytest.mark.parametrize(
    ("reason", "value"), [(reason, value) for reason, values in REJECTED.items() for value in values]
)
def test_an_entry_that_is_not_sure_is_rejected(reason, value):
    found = parse_csv(json.dumps([entry("first"), value]).encode())
    assert [one.username for one in found.accepted] == ["first"]
    assert [(one.line, one.reason) for one in found.rejected] == [(2, reason)]


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1},
        [1, 2],
        [{"username": "anna_k"}],
        [["anna_k"]],
        {"following": [entry("anna_k")], "followers": [entry("ben")]},
        {"profile": {"username": "anna_k"}},
        ["anna_k", 1],
        [{"string_list_data": "anna_k"}],
    ],
)
def test_other_json_is_refused_as_what_it_is(value):
    for parse, given in ((parse_csv, json.dumps(value).encode()), (parse_pasted, json.dumps(value))):
        with pytest.raises(BotException, match="RECIPIENTS_JSON"):
            parse(given)


@pytest.mark.parametrize(
    "key",
    [
        "relationships_blocked_users",
        "relationships_restricted_users",
        "relationships_unfollowed_users",
        "relationships_dismissed_suggested_users",
        "relationships_hide_stories_from",
        "relationships_permanent_follow_requests",
        "relationships_follow_requests_sent",
        "relationships_following_hashtags",
        "blocked",
        "do_not_contact",
        "Usernames to skip",
        "a",
        "",
    ],
)
@pytest.mark.parametrize("entries", [[entry("anna_k", LINK)], ["anna_k"], ["@anna_k"], []])
def test_a_list_of_people_for_something_else_is_refused_by_its_key(key, entries):
    text = json.dumps({key: entries})
    for parse, given in ((parse_csv, text.encode()), (parse_pasted, text)):
        with pytest.raises(BotException, match="RECIPIENTS_JSON") as caught:
            parse(given)
        assert f"“{key}”" in caught.value.message


@pytest.mark.parametrize("value", [[], {"relationships_following": []}])
def test_an_empty_list_is_told_as_one(value):
    with pytest.raises(BotException, match="RECIPIENTS_EMPTY"):
        parse_csv(json.dumps(value).encode())


def test_json_that_is_nested_without_end_is_no_list():
    with pytest.raises(BotException):
        parse_csv(b"[" * 100_000)


def test_a_long_list_is_read_up_to_the_most_that_is_taken():
    found = parse_csv(json.dumps([entry(f"person{number}") for number in range(10_005)]).encode())
    assert (len(found.accepted), found.rejected_count) == (10_000, 5)
    assert [(one.line, one.text, one.reason) for one in found.rejected] == [(10_001, "5 more", "too_many_rows")]
