import json

import pytest
from flask import Flask

from bot.inputs.validation import FIELD_CODES
from tests.api.caller import described_by, field_codes, json_of, operations, refusal
from tests.support.people import PASSWORD, Somebody, give_valid_session, set_running

# What comes in is looked at before any row, so one kind of database shows it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CANARY = "canary-7f3a"
GOOD = {
    "login": {"username": "ada", "password": PASSWORD, "code": "123456"},
    "login_by_instagram": {"username": "insta.name", "password": "secret"},
    "create_user": {"username": "carol", "email": "c@example.org", "role": "user", "password": "a long password"},
    "change_password": {"username": "ada", "current_password": PASSWORD, "new_password": "a long password"},
    "initialize_password": {"username": "ada", "current_password": PASSWORD, "new_password": "a long password"},
    "register": {"username": "carol", "email": "c@example.org", "password": "a long password"},
    "verify_email": {"token": "none", "username": "carol", "password": "a long password"},
    "change_email": {"email": "c@example.org"},
    "forgot_password": {"username": "ada", "email": ""},
    "reset_password": {"token": "none", "new_password": "a long password"},
    "confirm_sign_in": {"password": PASSWORD, "code": "123456"},
    "confirm_second_factor": {"code": "123456"},
    "switch_off_second_factor": {"code": "123456"},
    "renew_recovery_codes": {"code": "123456"},
    "change_user": {"email": "c@example.org"},
    "name_my_device": {"name": "Phone"},
    "stop_every_bot": {"reason": "asked to"},
    "add_alert_channel": {"kind": "webhook", "url": "https://example.org/hook"},
    "link": {"username": "insta.name", "password": "secret"},
    "import_session": {"session": "41000000017%3AAbCdEfGhIjKlMnOp%3A12%3AAYcanary"},
    "verify": {"code": "123456"},
    "send_code": {"method": "sms"},
    "follow_hashtag": {"hashtag": "coffee", "amount": 5, "filters": {"followers_min": 1, "skip_private": True}},
    "place_plan": {
        "source": [{"kind": "hashtag", "tags": ["coffee"]}, {"kind": "followed_by_bot", "keep": ["ann"]}],
        "steps": [{"do": "follow"}],
        "amount": 5,
        "filters": {"followers_min": 1},
    },
    "show_forecast_of_plan": {"source": [{"kind": "answered"}], "steps": [{"do": "story"}], "amount": 5},
    "follow_followers": {"account": "ann", "amount": 5, "start_at": "2026-03-12T09:00:00Z"},
    "like_hashtag": {"hashtag": "coffee", "amount": 5, "order": "top"},
    "view_stories": {"usernames": ["ann"]},
    "unfollow": {"amount": 5, "keep": ["ann"]},
    "send_messages": {"usernames": ["ann"], "message": "Hi {username}"},
    "send_messages_to": {"usernames": ["ann"], "message": "Hi {username}"},
    "resolve": {"outcome": "sent"},
    "rename": {"name": "Coffee people"},
    "reschedule": {"start_at": "2026-03-12T09:00:00Z", "repeat": {"every_days": 1, "at": "09:00"}},
    "leave_alone": {"username": "ann", "note": "asked me to"},
    "leave_alone_everywhere": {"username": "ann", "note": "asked me to"},
    "mark_conversation": {"mark": "question"},
    "reply": {"text": "20 euros, on Friday"},
    "change_settings": {"timezone": "Europe/Berlin", "warm_up": False},
    "choose_presets": {"pace": "careful"},
    "change_lists": {"keep": {"add": ["ann"]}, "do_not_contact": ["ben"]},
    "choose_notifications": {"channels": {}, "digest": False},
    "change_limits": {"limits": {"follow": {"per_day": 5}}},
    "change_ceilings": {"limits": {"follow": {"ceiling": 5}}},
    "change_default_limits": {"limits": {"follow": {"per_day": 5}}},
}
# Without any field these change nothing.
ALL_OPTIONAL = {
    "send_code",
    "change_settings",
    "choose_presets",
    "change_lists",
    "choose_notifications",
    "change_user",
    "reschedule",
    "rename",
}
UNREADABLE = {
    "nothing": b"",
    "half an object": b'{"username": "ada"',
    "a list": b"[]",
    "a list of objects": b'[{"username": "ada"}]',
    "null": b"null",
    "a text": b'"text"',
    "a number": b"5",
    "no JSON": b"username=ada",
    "comments": b'{} // "username"',
    "two objects": b"{}{}",
    "nested lists": b"[" * 60_000,
    "nested objects": b'{"a":' * 40_000,
    "closed nested lists": b'{"a":' + b"[" * 300 + b"]" * 300 + b"}",
    "NaN": b'{"amount": NaN}',
    "Infinity": b'{"amount": -Infinity}',
    "a number without end": b'{"amount": ' + b"9" * 60_000 + b"}",
    "Latin-1": b'{"username": "\xe9"}',
    "UTF-16": '{"username": "ada"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a raw control character": b'{"username": "a\x00da"}',
}
NOT_TEXT = ["\x00", "a\x00b", "\x1b[31m", "\r\n\x07", "\x7f", "\x9b", "\ud800", "\udfff\ud800"]
NO_TEXT = [5, 5.5, True, [], ["a"], {}, {"a": "b"}, 10**30]
PATH_IDS = ["1", "null", "..%2f..%2fetc%2fpasswd", "%00", "' OR 1=1--", "a" * 5000, "{id}", "%ff%fe", "<script>"]


@pytest.fixture
def caller(app: Flask, calls, ada: Somebody):
    """An administrator whose bot runs, so that nothing but the input is in the way."""
    with app.app_context():
        give_valid_session(ada.id)
        set_running(ada.id)
    return calls(ada)


@pytest.fixture
def inputs(app: Flask, caller, ada: Somebody):
    """Method, path and a good body of every operation that takes one."""
    described = described_by(app)
    action_id = json_of(caller.post("/bot/actions/follow-hashtag", json=GOOD["follow_hashtag"]))["action"]["id"]
    ids = dict.fromkeys(("action_id", "target_id", "device_id", "person_id"), action_id)
    ids |= {"user_id": ada.id, "username": "ann"}
    places = {
        operation["operationId"]: (method.upper(), path.removeprefix("/api").format_map(ids))
        for path, found in described["paths"].items()
        for method, operation in found.items()
        if "requestBody" in operation
    }
    assert set(places) == set(GOOD)
    return [(*places[name], body) for name, body in GOOD.items()]


def send(caller, method, path, body):
    """The body as JSON that any other program could send; lone surrogates are escaped."""
    return caller.call(method, path, data=json.dumps(body), content_type="application/json")


def refused_fields(response):
    """The problems of an answer that says of each what it is, in words, and never what was sent."""
    assert refusal(response) == (422, "INVALID_INPUT")
    problems = json_of(response)["errors"]
    assert problems
    for problem in problems:
        assert problem["code"] in FIELD_CODES
        assert problem["message"].endswith(".")
    assert CANARY not in response.text
    return field_codes(response)


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_body_that_is_no_json_object_is_refused(caller, inputs, body):
    for method, path, _ in inputs:
        response = caller.call(method, path, data=body, content_type="application/json")
        assert refusal(response) == (400, "MALFORMED_JSON")


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"]
)
def test_a_body_of_another_type_is_refused(caller, inputs, content_type):
    for method, path, body in inputs:
        if content_type == "multipart/form-data" and path.endswith("/send-messages"):
            continue
        if content_type == "text/plain" and path in ("/login", "/send-messages"):
            # Those of the first version take it.
            continue
        response = caller.call(method, path, data=json.dumps(body), content_type=content_type)
        assert refusal(response) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_body_of_ten_megabytes_is_refused(caller, inputs):
    body = b'{"username": "' + b"a" * 10_000_000 + b'"}'
    for method, path, _ in inputs:
        response = caller.call(method, path, data=body, content_type="application/json")
        assert refusal(response) == (413, "TOO_LARGE")


def test_every_field_refuses_what_is_no_text(caller, inputs):
    for method, path, good in inputs:
        for name, value in good.items():
            if isinstance(value, str):
                for wrong in NO_TEXT:
                    fields = refused_fields(send(caller, method, path, good | {name: wrong}))
                    assert fields[name] in ("WRONG_TYPE", "NOT_ALLOWED")


def test_every_field_refuses_control_characters_and_half_characters(caller, inputs):
    for method, path, good in inputs:
        for name, value in good.items():
            if isinstance(value, str):
                for wrong in NOT_TEXT:
                    response = send(caller, method, path, good | {name: CANARY + wrong})
                    assert refused_fields(response) == {name: "CONTROL_CHARACTER"}


def test_every_field_refuses_what_is_too_long(caller, inputs):
    for method, path, good in inputs:
        for name, value in good.items():
            if isinstance(value, str):
                fields = refused_fields(send(caller, method, path, good | {name: CANARY + "x" * 100_000}))
                assert fields[name] in ("TOO_LONG", "WRONG_FORM", "NOT_ALLOWED", "INVALID")


def test_unknown_fields_are_refused_at_every_depth(caller, inputs):
    for method, path, good in inputs:
        assert refused_fields(send(caller, method, path, good | {"role_id": CANARY})) == {"role_id": "UNKNOWN_FIELD"}
        assert refused_fields(send(caller, method, path, good | {CANARY * 9: 1})) == {"?": "UNKNOWN_FIELD"}
        assert refused_fields(send(caller, method, path, good | {"a\x00": 1})) == {"?": "CONTROL_CHARACTER"}


def test_a_field_that_comes_twice_is_refused(caller, inputs):
    for method, path, good in inputs:
        name, value = next(iter(good.items()))
        twice = json.dumps(good)[:-1] + f", {json.dumps(name)}: {json.dumps(value)}}}"
        response = caller.call(method, path, data=twice, content_type="application/json")
        assert refused_fields(response) == {name: "DUPLICATE"}


def test_an_empty_object_names_what_is_missing(caller, inputs):
    for name, (method, path, _) in zip(GOOD, inputs, strict=True):
        if name not in ALL_OPTIONAL:
            fields = refused_fields(send(caller, method, path, {}))
            assert set(fields.values()) <= {"MISSING", "INVALID"}


def test_ten_thousand_problems_are_answered_with_the_first(caller):
    response = send(caller, "POST", "/bot/login", {f"f{number}": 1 for number in range(10_000)})
    assert refusal(response) == (422, "INVALID_INPUT")
    assert len(json_of(response)["errors"]) == 20


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("5", "WRONG_TYPE"),
        (True, "WRONG_TYPE"),
        (5.5, "WRONG_TYPE"),
        (None, "WRONG_TYPE"),
        ([5], "WRONG_TYPE"),
        (0, "BELOW_MINIMUM"),
        (-(10**4000), "BELOW_MINIMUM"),
        (201, "ABOVE_MAXIMUM"),
        (2**63, "ABOVE_MAXIMUM"),
        (10**4000, "ABOVE_MAXIMUM"),
    ],
)
def test_a_number_is_a_whole_number_within_its_bounds(caller, amount, code):
    body = GOOD["follow_hashtag"] | {"amount": amount}
    assert refused_fields(send(caller, "POST", "/bot/actions/follow-hashtag", body)) == {"amount": code}


def test_markup_is_refused_or_comes_back_as_text(caller):
    markup = "<script>alert(1)</script>"
    for field, body, path in [
        ("username", GOOD["create_user"], "/users"),
        ("email", GOOD["create_user"], "/users"),
        ("username", GOOD["link"], "/bot/login"),
        ("hashtag", GOOD["follow_hashtag"], "/bot/actions/follow-hashtag"),
    ]:
        response = send(caller, "POST", path, body | {field: markup})
        assert set(refused_fields(response)) == {field}
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/users",
        "/activity",
        "/bot/actions",
        "/bot/actions/{id}/targets",
        "/bot/actions/{id}/results",
        "/bot/do-not-contact",
        "/do-not-contact",
    ],
)
def test_the_query_of_every_list_is_checked(caller, path):
    action = send(caller, "POST", "/bot/actions/follow-hashtag", GOOD["follow_hashtag"])
    path = path.format(id=json_of(action)["action"]["id"])
    for query, code in {
        "limit=0": "BELOW_MINIMUM",
        "limit=101": "ABOVE_MAXIMUM",
        "limit=": "WRONG_TYPE",
        "limit=ten": "WRONG_TYPE",
        "limit=1e9": "WRONG_TYPE",
        "limit=" + "9" * 5000: "ABOVE_MAXIMUM",
        "limit=5&limit=6": "DUPLICATE",
        "cursor=" + "a" * 201: "TOO_LONG",
        "cursor=%00": "CONTROL_CHARACTER",
        "order=desc": "UNKNOWN_FIELD",
    }.items():
        fields = refused_fields(caller.get(f"{path}?{query}"))
        assert (list(fields), list(fields.values())) == ([query.partition("=")[0]], [code])


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "e30",
        "%C3%A9",
        "MjAyNi0wMy0xMFQxMjowMDowMHwx",
        # 2026-03-10T12:00:00+00:00|a NUL
        "MjAyNi0wMy0xMFQxMjowMDowMCswMDowMHwA",
        # 0001-01-01T00:00:00+14:00|a UUID: a moment that no calendar holds in UTC.
        "MDAwMS0wMS0wMVQwMDowMDowMCsxNDowMHwwMDAwMDAwMC0wMDAwLTAwMDAtMDAwMC0wMDAwMDAwMDAwMDA",
    ],
)
def test_a_cursor_that_no_list_gave_out_is_refused(caller, cursor):
    response = caller.get(f"/activity?cursor={cursor}")
    assert refusal(response) == (422, "BAD_CURSOR")
    assert field_codes(response) == {"cursor": "BAD_CURSOR"}


@pytest.mark.parametrize("value", ["%00", "a%00", "%1b%5b31m", "a" * 33])
def test_every_filter_refuses_what_no_column_holds(caller, value):
    for name in ("action", "code"):
        assert set(refused_fields(caller.get(f"/activity?{name}={value}"))) == {name}


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "yesterday", "-1"])
def test_a_time_is_one_that_every_calendar_holds(caller, since):
    assert set(refused_fields(caller.get(f"/activity?since={since}"))) == {"since"}


def test_an_id_that_is_none_is_not_found(caller, app: Flask):
    described = described_by(app)
    with_id = [
        (method.upper(), path.removeprefix("/api").partition("{")[0], path.partition("}")[2])
        for path, found in described["paths"].items()
        for method in found
        if "{" in path
    ]
    assert len(with_id) == len(
        [
            1
            for name, found in operations(described).items()
            if found["parameters"][:1] and found["parameters"][0]["in"] == "path"
        ]
    )
    for method, before, after in with_id:
        for wrong in PATH_IDS:
            status, name = refusal(caller.call(method, f"{before}{wrong}{after}", json={}))
            assert status in (404, 405) or (status, name) == (422, "INVALID_INPUT")
