"""Every list of the API is paged in the one way, as the document says: new ones are in it by themselves."""

import base64

import pytest

from tests.api.caller import field_codes, json_of, refusal
from tests.support.instances import Owner

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def encoded(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


MADE_UP = [
    "x",
    "%00",
    "1' OR '1'='1",
    encoded("2026-03-10T12:00:00+00:00"),
    encoded("2026-03-10T12:00:00+00:00|1 OR 1=1"),
    encoded("not a time|11111111-1111-4111-8111-111111111111"),
    encoded("2026-03-10T12:00:00|11111111-1111-4111-8111-111111111111"),
    encoded("9999-12-31T23:59:59-23:59|11111111-1111-4111-8111-111111111111"),
]


# Its parts are days.
BY_DAY = {"/activity/log"}


@pytest.fixture
def lists(app, calls, ada):
    """The address of every list that has a next part, and who may see it."""
    with app.app_context():
        owner = Owner()
        values = {"action_id": owner.action_id, "user_id": owner.id, "person_id": owner.person}
    document = json_of(calls().get("/openapi.json"))
    schemas, found = document["components"]["schemas"], []
    for path, operations in document["paths"].items():
        answer = (
            operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {}).get("application/json")
        )
        shape = schemas.get(answer["schema"].get("$ref", "").rpartition("/")[2], {}) if answer else {}
        if {"items", "next"} <= shape.get("properties", {}).keys():
            by = ada if operations["get"].get("x-role") else owner.somebody
            found.append((path.format(**values).removeprefix("/api"), operations["get"], by))
    assert len(found) > 5
    return found


def test_each_takes_a_limit_and_a_cursor_and_no_offset(calls, lists):
    for path, operation, by in lists:
        parameters = {parameter["name"]: parameter["schema"] for parameter in operation["parameters"]}
        assert "cursor" in parameters
        if path in BY_DAY:
            assert "limit" not in parameters
            continue
        assert (parameters["limit"]["minimum"], parameters["limit"]["maximum"]) == (1, 100), path
        assert not {"offset", "page", "skip"} & parameters.keys()
        assert calls(by).get(f"{path}?limit=100").status_code == 200, path
        for wrong in ("limit=101", "limit=0", "limit=-1", "limit=many", "offset=1", "page=2", "limit=1&limit=2"):
            assert refusal(calls(by).get(f"{path}?{wrong}")) == (422, "INVALID_INPUT"), (path, wrong)


def test_each_refuses_cursors_that_it_did_not_give_out(calls, lists):
    for path, _, by in lists:
        for cursor in MADE_UP:
            response = calls(by).get(path, query_string={"cursor": cursor})
            assert refusal(response) in ((422, "BAD_CURSOR"), (422, "INVALID_INPUT")), (path, cursor)
            assert set(field_codes(response)) == {"cursor"}


def test_a_list_read_in_parts_is_the_whole_one(calls, lists):
    for path, _, by in [one for one in lists if one[0] not in BY_DAY]:
        whole = json_of(calls(by).get(f"{path}?limit=100"))["items"]
        parts = [json_of(calls(by).get(f"{path}?limit=1"))]
        while cursor := parts[-1]["next"]:
            parts.append(json_of(calls(by).get(path, query_string={"limit": 1, "cursor": cursor})))
        assert [len(part["items"]) for part in parts[:-1]] == [1] * (len(parts) - 1)
        assert [item for part in parts for item in part["items"]] == whole, path
