"""A shape has the names of fields and the types of values, and nothing of an account."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.instagram.shapes import MAX_PLACES, masked_path, shape_of, words_of_people
from sandbox.replies import cases

TYPES = re.compile(r"(absent|bool|digits|empty|list|null|number|object|page|text|=[A-Za-z_*]+|=\d{3})", re.ASCII)


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        ("<html>Hello</html>", {".": "page"}),
        ("Not Found", {".": "text"}),
        (" ", {".": "empty"}),
        ([1], {".": "list", "[]": "number"}),
        ({"user": {"pk": 1, "pk_id": "77"}},
         {".": "object", "user": "object", "user.pk": "number", "user.pk_id": "digits"}),
        ({"error_type": "inactive user"}, {".": "object", "error_type": "=inactive_user"}),
        ({"message": "feedback_required"}, {".": "object", "message": "=feedback_required"}),
        ({"message": "Please wait a few minutes"}, {".": "object", "message": "text"}),
        ({"message": "follow"}, {".": "object", "message": "text"}),
        ({"status_code": "403"}, {".": "object", "status_code": "=403"}),
        ({"status_code": 403}, {".": "object", "status_code": "=403"}),
        ({"status_code": "40388"}, {".": "object", "status_code": "digits"}),
        ({"users": [{"pk": 1, "username": "a"}, {"pk": "2"}, None]},
         {".": "object", "users": "list", "users[]": "null|object", "users[].pk": "digits|number",
          "users[].username": "absent|text"}),
    ],
)  # fmt: skip
def test_a_shape(body, shape):
    assert shape_of(body) == shape


@pytest.mark.parametrize(
    "body",
    [
        {"friendship_statuses": {"9876543": {"following": True}}},
        {"friendship_statuses": {"quillon.vex": {"following": True}}},
        {"friendship_statuses": {"quillon_vex": {"following": True}}},
        {"users": [{"username": "quillon"}], "action": "quillon"},
        {"error_type": "quillon_vex"},
        {"status": "Quillon"},
    ],
)
def test_a_name_or_an_id_is_masked_wherever_it_is(body):
    text = json.dumps(shape_of(body)).lower()
    assert not any(part in text for part in ("quillon", "vex", "9876543"))


def test_a_word_that_a_person_uses_is_hidden_if_that_is_asked():
    body = {"user": {"username": "story"}, "action": "story", "by_name": {"story": 1}}
    assert shape_of(body)["action"] == "=story"
    hidden = shape_of(body, set(words_of_people(body)))
    assert "story" not in json.dumps(hidden)


def test_a_part_of_a_word_of_the_protocol_that_is_not_public_is_masked():
    assert shape_of({"error_type": "quillon_required"})["error_type"] == "=*_required"


@pytest.mark.parametrize(
    ("path", "masked"),
    [
        ("users/{}/usernameinfo/", "users/{}/usernameinfo"),
        ("/api/v1/challenge/8877/Xy7kq/", "api/v1/challenge/*/*"),
        ("/v2/media/seen/?reel=1&token=x", "v2/media/seen"),
        ("/api/v1/bloks/apps/com.bloks.www.two_step_verification.entrypoint/",
         "api/v1/bloks/apps/com.bloks.www.two_step_verification.entrypoint"),
    ],
)  # fmt: skip
def test_a_path_keeps_only_names_of_the_protocol(path, masked):
    assert masked_path(path) == masked


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
BODIES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
)


@given(BODIES)
def test_any_reply_has_a_small_shape_of_known_types(body):
    shape = shape_of(body)
    assert len(shape) <= MAX_PLACES
    assert all(TYPES.fullmatch(one) for types in shape.values() for one in types.split("|"))


@given(
    st.dictionaries(st.text("qxzkvj", min_size=4, max_size=9), st.text("qxzkvj", min_size=4, max_size=9), min_size=1)
)
def test_no_invented_word_is_left_in_a_shape(body):
    text = json.dumps(shape_of({"error_type": body, "items": [body], "status": next(iter(body))}))
    assert not any(word in text for word in {*body, *body.values()})


def test_a_status_code_is_shown_only_if_it_is_one():
    assert shape_of({"status_code": "403"})["status_code"] == "=403"
    assert shape_of({"status_code": "9" * 5000})["status_code"] == "digits"


def test_the_words_of_a_deep_reply_are_all_found():
    deep: object = "Quillon"
    for _ in range(5_000):
        deep = {"user": [deep]}
    assert list(words_of_people(deep)) == ["quillon"]


def test_a_deep_or_wide_reply_has_a_bounded_shape():
    deep: object = 1
    for _ in range(500):
        deep = {"user": deep}
    wide = {f"user_{number:02}": {"pk": 1, "id": 2, "items": [], "media": {}} for number in range(100)}
    assert len(shape_of(deep)) < 20
    assert len(shape_of(wide)) == MAX_PLACES
    assert len(shape_of(wide, most=9)) == 9


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_recorded_refusals_keep_the_words_that_tell_them_apart(case):
    body = case.get("body")
    if isinstance(body, dict) and isinstance(body.get("error_type"), str):
        assert shape_of(body)["error_type"].startswith("=")
