"""A recording is looked over once more before it is saved, whatever has made it."""

import copy

import pytest

from bot.automation.recordings import objections, text_of

GOOD = {
    "client": "3.2.2",
    "app": "449.0.0.52.84",
    "recorded": "2026-11",
    "replies": [
        {"path": "users/{}/usernameinfo/", "http_status": 200, "shape": {".": "object", "user.pk": "digits|number"}},
        {
            "path": "accounts/current_user/?edit=true",
            "http_status": 400,
            "shape": {".": "object", "message": "=login_*"},
        },
        {"path": "direct_v2/inbox/", "http_status": 200, "shape": {"inbox.threads[].*": "text", "status_code": "=403"}},
    ],
}
NAMES = {"quillon.vex", "9876543210", "vexy", "q@vex.example"}


def changed(change):
    recording = copy.deepcopy(GOOD)
    change(recording)
    return recording


def shape(place, types):
    return lambda recording: recording["replies"][0]["shape"].update({place: types})


def path(text):
    return lambda recording: recording["replies"][0].update(path=text)


def test_nothing_speaks_against_a_recording_of_shapes():
    assert objections(GOOD, NAMES) == []
    assert text_of(GOOD).endswith("\n")


@pytest.mark.parametrize(
    "change",
    [
        lambda recording: recording.update(account="quillon"),
        lambda recording: recording.pop("app"),
        lambda recording: recording.update(client="of quillon"),
        lambda recording: recording.update(recorded="2026-11-30T08:15:01"),
        lambda recording: recording["replies"].append("quillon"),
        lambda recording: recording["replies"][0].update(body={}),
        lambda recording: recording["replies"][0].update(http_status=20000),
        lambda recording: recording["replies"][0].update(shape=["quillon"]),
        path("users/9876543210/info/"),
        path("users/Quillon Vex/info/"),
        path("https://instagram.example/users/"),
        path("users/vexy/info/"),
        shape("user.9876543210", "text"),
        shape("by.quillon@vex", "text"),
        shape("by.quillon vex", "text"),
        shape("by.vexy", "text"),
        shape("user.name", "Quillon"),
        shape("user.name", "=Quillon Vex"),
        shape("user.name", "text|9876543210"),
        shape("user.name", "=vexy"),
        shape("user.name", "=" + "a" * 60),
        shape("user.url", "https://vex.example/?token=1"),
        shape("user.token", "IGT:2:abcdef"),
    ],
)
def test_it_objects_to_all_else_and_does_not_repeat_it(change):
    against = objections(changed(change), NAMES)
    assert against
    assert not any(value in " ".join(against).lower() for value in ("quillon", "9876543210", "vexy", "igt"))
