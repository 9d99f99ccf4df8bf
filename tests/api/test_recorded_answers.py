"""Answers of the API as they were before the pages got their new look: each field is still there and says the same.

`RECORD_ANSWERS=1 pytest tests/api/test_recorded_answers.py` in a checkout of the version to compare with records them.
Run it some times: what is another value each time is then compared by its type.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from bot.actions.candidates import add_candidates
from bot.actions.targets import Candidate, Target, Work
from bot.history.activity import record
from bot.steps.outcomes import Outcome
from bot.steps.step import Step
from bot.steps.work import next_work
from bot.storage.models.values import ActivityStatus, StepKind
from bot.storage.tenancy import tenant
from tests.api.caller import Caller

RECORDED = Path(__file__).with_name("recorded_answers.json")
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b")
# Sentences for people may get better, and a version is another one.
WORDS = {
    "message",
    "remedy",
    "description",
    "title",
    "detail",
    "version",
    "milliseconds",
    "seconds",
    "expires_at",
    "next",
    "file_path",
    "recommended_action",
}
# Kinds of steps that came since, which have rows of their own in lists of kinds.
LATER_KINDS = {"reply"}
TELLING = {"id", "kind", "username", "action", "target", "whom", "event", "code", "status", "error_code", "action_id"}


def _order(row: Any) -> str:
    """Return what tells rows apart and is no field of a later version."""
    known = {name: held for name, held in row.items() if name in TELLING} if isinstance(row, dict) else row
    return ID.sub("", json.dumps(known, sort_keys=True))


def fields_of(value: Any, path: str = "") -> dict[str, Any]:
    """Every field of an answer by its path, with its value without ids. Of words the type alone."""
    if isinstance(value, dict):
        found: dict[str, Any] = {f"{path}{{}}": len(value) == 0 and "empty"}
        for name, held in value.items():
            found |= fields_of(held, f"{path}.{ID.sub('<id>', name)}")
        return found
    if isinstance(value, list):
        value = [row for row in value if not (isinstance(row, dict) and row.get("kind") in LATER_KINDS)]
        found = {f"{path}[]": len(value)}
        # Rows of one moment come in the order of their ids.
        for number, held in enumerate(sorted(value, key=_order)):
            found |= fields_of(held, f"{path}[{number}]")
        return found
    if path.endswith(".request_id"):
        return {path: "the id of a request, or none"}
    if isinstance(value, str):
        return {path: "text" if path.rpartition(".")[2].partition("[")[0] in WORDS else ID.sub("<id>", value)}
    return {path: value}


def live(app: Any, calls: Any, user: Any) -> dict[str, str]:
    """Let the user's bot do some steps. Return the ids of what there is then."""
    caller: Caller = calls(user)
    follow = caller.post("/bot/actions/follow-hashtag", json={"hashtag": "#Coffee", "amount": 5}).json["action"]["id"]
    with app.app_context():
        work = next_work(user.id)
        assert isinstance(work, Work)
        names = ("ann", "ben", "cleo", "dora")
        people = [Candidate(name, name, str(100 + number)) for number, name in enumerate(names)]
        add_candidates(user.id, work, people, None, skip_if_handled=True)
        work = next_work(user.id)
        assert isinstance(work, Work)
        first, second, third, *_ = work.pending
        step = Step(user.id, work)
        claimed = step.claim(first)
        assert isinstance(claimed, Target)
        step.finish(claimed, Outcome())
        step.skip(second, "private")
        step.skip(third, "already_followed")
        with tenant(user.id) as session:
            record(session, StepKind.FOLLOW, ActivityStatus.DONE, target="eve")
            session.commit()
    paused = caller.post("/bot/actions/like-hashtag", json={"hashtag": "tea", "amount": 3}).json["action"]["id"]
    caller.post(f"/bot/actions/{paused}/pause")
    body = {"usernames": ["@Finn", "gina", "ö"], "message": "Hi {first_name|there}"}
    message = caller.post("/bot/actions/send-messages", json=body).json["action"]["id"]
    caller.post("/bot/do-not-contact", json={"username": "leave.me"})
    channel = caller.post("/bot/alert-channels", json={"kind": "email"})
    assert channel.status_code in (201, 409, 422)
    return {"follow": follow, "paused": paused, "message": message}


def named(text: str, ids: dict[str, str]) -> str:
    """Replace the ids of actions by their names, and other ids by one word."""
    for name, action_id in ids.items():
        text = text.replace(action_id, f"the {name}")
    return ID.sub("<id>", text)


def answer_of(response: TestResponse, ids: dict[str, str]) -> dict[str, Any]:
    return {"status": response.status_code, "fields": fields_of(json.loads(named(response.text, ids)))}


def answers(app: Any, calls: Any, user: Any, admin: Any) -> dict[str, Any]:
    ids = live(app, calls, user)
    own = [
        "/auth/me", "/auth/sessions", "/auth/devices", "/auth/last-sign-in", "/auth/totp", "/bot/status",
        "/bot/settings", "/bot/actions", "/bot/alert-channels", "/bot/do-not-contact", "/activity",
        "/analytics", "/status", f"/users/{user.id}", f"/users/{user.id}/limits", f"/users/{user.id}/email",
        "/errors/E-AUTH-E-0001", "/bot/actions/none", "/nowhere",
        *(f"/bot/actions/{one}" for one in ids.values()), *(f"/bot/actions/{one}/targets" for one in ids.values()),
        f"/bot/actions/{ids['message']}/results",
    ]  # fmt: skip
    of_all = [
        "/users", "/sessions", "/limits/default", "/do-not-contact", "/admin/analytics", "/admin/audit",
        "/admin/errors", "/admin/errors/E-AUTH-E-0001", "/admin/kill-switch", "/admin/instagram-client",
        "/admin/restore",
        "/admin/mails", f"/users/{user.id}", f"/users/{user.id}/limits",
    ]  # fmt: skip
    said = {}
    for who, somebody, paths in (("user", user, own), ("admin", admin, of_all)):
        for path in paths:
            said[named(f"{who} GET {path}", ids)] = answer_of(calls(somebody).get(path), ids)
    for path, body in (
        ("/bot/actions/follow-hashtag", {"hashtag": "", "amount": 0}),
        ("/bot/actions/send-messages", {"usernames": [], "message": ""}),
        ("/bot/start", {}), ("/bot/stop", {}), (f"/bot/actions/{ids['follow']}/cancel", {}),
    ):  # fmt: skip
        said[named(f"user POST {path}", ids)] = answer_of(calls(user).post(path, json=body), ids)
    return said


def matches(recorded: Any, said: Any) -> bool:
    return type(said).__name__ == recorded["any"] if isinstance(recorded, dict) else recorded == said


def recorded_again(said: dict[str, Any], recorded: dict[str, Any]) -> dict[str, Any]:
    """The recording, in which each value that differs this time is its type."""
    for call, before in recorded.items():
        for path, value in before["fields"].items():
            again = said[call]["fields"][path]
            if not matches(value, again):
                assert type(value) is type(again), (call, path, value, again)
                before["fields"][path] = {"any": type(again).__name__}
    return recorded


def test_each_recorded_field_is_still_there_and_says_the_same(app, calls, ready, ada):
    said = answers(app, calls, ready, ada)
    recorded = json.loads(RECORDED.read_text()) if RECORDED.exists() else said
    if os.environ.get("RECORD_ANSWERS"):
        recorded = recorded_again(said, recorded)
        RECORDED.write_text(json.dumps(recorded, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    differences = {
        call: {path: (value, now["fields"].get(path)) for path, value in before["fields"].items()
               if path not in now["fields"] or not matches(value, now["fields"][path])}
        for call, before in recorded.items() if (now := said[call])
    }  # fmt: skip
    assert {call: found for call, found in differences.items() if found} == {}
    assert {call: now["status"] for call, now in said.items()} == {
        call: was["status"] for call, was in recorded.items()
    }
