"""Every value that a column of words can have, written and read through every face: API, table, page and export."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any, get_args
from zipfile import ZipFile

import pytest
from sqlalchemy import inspect, select

from bot.automation.generations import hold_bots
from bot.config.runtime import now
from bot.contacts.people import meet
from bot.history.activity import record
from bot.storage.bot_lock import locked_status
from bot.storage.models import (
    AccountRequest,
    Action,
    ActionTarget,
    Activity,
    AlertChannel,
    Answer,
    Attempt,
    Base,
    BotStatus,
    Contact,
    DailyLimit,
    DoNotContact,
    EarlierCall,
    InstagramCredentials,
    User,
    UserSession,
    new_id,
)
from bot.storage.models.platform import Generation, PlatformDay
from bot.storage.models.values import ActivityName, ActivityStatus, BotCondition, OneOf, RestoreCause, StepKind
from bot.storage.tenancy import identity, tenant
from tests.api.caller import Caller
from tests.support.people import give_valid_session


def action(user_id: str, **values: Any) -> Action:
    sources = {"filters": {}, "hashtag": "coffee", "account": "somebody", "order": "top", "source": []}
    params = sources | {"message": "Hi", "steps": [{"do": "follow"}]}
    made = {"kind": "send-messages", "params": params, "total": 1, "listed": True}
    return Action(id=new_id(), user_id=user_id, created_at=now(), **{**made, **values})


def write_action(column: str) -> Callable[[str, Any], dict[str, str]]:
    def write(user_id: str, value: Any) -> dict[str, str]:
        with tenant(user_id) as session:
            row = action(user_id, **{column: value})
            session.add(row)
            session.commit()
            return {"action": row.id}

    return write


def write_target(column: str) -> Callable[[str, Any], dict[str, str]]:
    def write(user_id: str, value: Any) -> dict[str, str]:
        made = {"step_kind": "message", "status": "done", "position": 1, "target": "person", "person": "person"}
        with tenant(user_id) as session:
            placed = action(user_id)
            session.add(placed)
            session.flush()
            made |= {"action_id": placed.id, "created_at": now(), "finished_at": now(), column: value}
            session.add(ActionTarget(id=new_id(), user_id=user_id, **made))
            session.commit()
            return {"action": placed.id}

    return write


def write_earlier_call(user_id: str, value: Any) -> dict[str, str]:
    with tenant(user_id) as session:
        session.add(EarlierCall(user_id=user_id, step_kind=value, claimed_at=now()))
        session.commit()
    return {}


def write_limit(user_id: str, value: Any) -> dict[str, str]:
    with tenant(user_id) as session:
        session.add(DailyLimit(user_id=user_id, kind=value, per_day=1))
        session.commit()
    return {}


def write_activity(user_id: str, value: Any) -> dict[str, str]:
    with tenant(user_id) as session:
        record(session, "follow", value, target="person")
        session.commit()
    return {}


def write_activity_name(user_id: str, value: Any) -> dict[str, str]:
    with tenant(user_id) as session:
        record(session, value, "done", target="person")
        session.commit()
    return {}


def write_request(column: str) -> Callable[[str, Any], dict[str, str]]:
    def write(user_id: str, value: Any) -> dict[str, str]:
        told = {"result": {"candidates": [], "session_valid": True}, "created_at": now()}
        made = {"kind": "test", "status": "done", **told, column: value}
        with tenant(user_id) as session:
            row = AccountRequest(id=new_id(), user_id=user_id, **made)
            session.add(row)
            session.commit()
            return {"request": row.id}

    return write


def write_verification(user_id: str, value: Any) -> dict[str, str]:
    with tenant(user_id) as session:
        account = session.scalars(select(InstagramCredentials)).one()
        account.verification_kind, account.verification_sent_to = value, "you"
        account.verification_expires_at = now() + timedelta(minutes=10)
        session.commit()
    return {}


def write_method(user_id: str, value: Any) -> dict[str, str]:
    write_verification(user_id, "two_factor")
    with tenant(user_id) as session:
        session.scalars(select(InstagramCredentials)).one().verification_method = value
        session.commit()
    return {}


def write_channel(column: str) -> Callable[[str, Any], dict[str, str]]:
    def write(user_id: str, value: Any) -> dict[str, str]:
        made = {"kind": "webhook", "address": "https://a.example/…", "created_at": now(), "happened_at": now()}
        with tenant(user_id) as session:
            session.add(AlertChannel(id=new_id(), user_id=user_id, **{**made, column: value}))
            session.commit()
        return {}

    return write


def write_listed(user_id: str, value: Any) -> dict[str, str]:
    with tenant(user_id) as session:
        session.add(DoNotContact(user_id=user_id, username=f"by.{value}", source=value, created_at=now()))
        session.commit()
    return {}


def write_condition(user_id: str, value: Any) -> dict[str, str]:
    with tenant(user_id) as session:
        status = session.scalars(select(BotStatus)).one()
        status.verdict_condition, status.verdict_revision = value, status.revision
        session.commit()
    return {}


def write_role(user_id: str, value: Any) -> dict[str, str]:
    with identity() as session:
        session.get_one(User, user_id).role = value
        session.commit()
    return {}


def write_sign_in(user_id: str, value: Any) -> dict[str, str]:
    """Beside the one that the faces are read with."""
    with identity() as session:
        known = session.scalars(select(UserSession).where(UserSession.user_id == user_id)).first()
        values = {column.key: getattr(known, column.key) for column in inspect(UserSession).columns}
        session.add(UserSession(**values | {"id": new_id(), "token_hash": new_id(), "kind": value}))
        session.commit()
    return {}


OF_ACTIVITY = [
    "/api/activity",
    "/api/activity?format=csv",
    "/api/activity/log",
    "/actions/log",
    "/actions/log.csv",
    "/",
]
OF_ACTION = ["/", "/now", "/actions", "/actions/now", "/actions?list=done", "/actions/new", "/actions/{action}"]
OF_WHOLE_ACTION = [
    *OF_ACTION,
    "/actions/{action}/now",
    "/api/bot/actions",
    "/api/bot/actions/{action}",
    "/api/bot/actions/{action}/draft",
    "/actions/new?repeat={action}",
    "/api/bot/status",
]
OF_REQUEST = ["/api/bot/requests/{request}", "/settings/connection"]


def write_answer(field: str) -> Callable[[str, Any], dict[str, str]]:
    def write(user_id: str, value: Any) -> dict[str, str]:
        moment = now()
        with tenant(user_id) as session:
            locked_status(session)
            person_id = meet(session, {"77": "ann"})["77"]
            if session.scalars(select(Contact)).first() is None:
                row = Contact(user_id=user_id, instagram_id="77", username="ann", written_at=moment)
                row.answered_at = moment
                session.add(row)
            item = {"thread_id": "1", "item_id": f"{field}-{value}", "at": moment, "sort": "text", field: value}
            session.add(Answer(user_id=user_id, instagram_id="77", **item))
            session.commit()
        return {"person": person_id}

    return write


OF_ANSWER = ["/inbox", "/inbox/{person}", "/api/bot/conversations", "/api/bot/conversations/{person}"]
WRITERS: dict[str, tuple[Callable[[str, Any], dict[str, str]], list[str]]] = {
    "activity_logs.status": (
        write_activity,
        [*OF_ACTIVITY, "/api/activity?status={value}", "/actions/log?result={value}"],
    ),
    "activity_logs.action": (
        write_activity_name,
        [*OF_ACTIVITY, "/api/activity?action={value}", "/actions/log?action={value}"],
    ),
    "actions.status": (write_action("status"), OF_WHOLE_ACTION),
    "actions.kind": (write_action("kind"), OF_WHOLE_ACTION),
    "action_targets.step_kind": (
        write_target("step_kind"),
        [*OF_ACTION, "/api/bot/actions/{action}/targets", "/api/users/{user}/limits"],
    ),
    "earlier_calls.step_kind": (write_earlier_call, ["/", "/api/users/{user}/limits"]),
    "daily_limits.kind": (write_limit, ["/", "/api/users/{user}/limits"]),
    "action_targets.awaits": (write_target("awaits"), [*OF_ACTION, "/api/bot/actions/{action}/targets"]),
    "action_targets.status": (
        write_target("status"),
        [
            *OF_ACTION,
            "/actions/{action}/now",
            "/actions/{action}/results.csv",
            "/actions/{action}?status={value}",
            "/api/bot/actions/{action}/targets?format=csv",
            "/api/bot/actions/{action}/targets",
            "/api/bot/actions/{action}/targets?status={value}",
            "/api/bot/actions/{action}/results",
            "/api/bot/actions/{action}/results?format=csv",
            "/api/results",
        ],
    ),
    "account_requests.kind": (write_request("kind"), OF_REQUEST),
    "account_requests.status": (write_request("status"), OF_REQUEST),
    "instagram_credentials.verification_method": (write_method, ["/settings/connection", "/api/bot/status"]),
    "instagram_credentials.verification_kind": (
        write_verification,
        ["/", "/settings/connection", "/api/bot/status", "/api/status"],
    ),
    "alert_channels.kind": (write_channel("kind"), ["/settings/notifications", "/api/bot/alert-channels"]),
    "alert_channels.event": (write_channel("event"), ["/settings/notifications", "/api/bot/alert-channels"]),
    "answers.sort": (write_answer("sort"), OF_ANSWER),
    "answers.mark": (write_answer("mark"), OF_ANSWER),
    "answers.mark_by": (write_answer("mark_by"), OF_ANSWER),
    "do_not_contact.source": (write_listed, ["/settings/lists/do-not-contact", "/api/bot/do-not-contact"]),
    "user_sessions.kind": (write_sign_in, ["/settings/sign-ins", "/api/auth/sessions"]),
    # Administrators read it of all bots, which is tried below.
    "user_bot_status.verdict_condition": (write_condition, ["/api/bot/status"]),
    "users.role": (write_role, ["/", "/settings/profile", "/api/auth/me", "/api/users/{user}"]),
}
LISTS = {
    f"{mapper.class_.__tablename__}.{column.name}": column.type.values
    for mapper in Base.registry.mappers
    for column in inspect(mapper.class_).columns
    # Restores and days of all bots are tried below; what strangers try is shown to nobody.
    if isinstance(column.type, OneOf) and mapper.class_ not in (Generation, PlatformDay, Attempt)
} | {"activity_logs.action": get_args(ActivityName)}


def test_every_list_of_values_is_tried():
    assert LISTS.keys() == WRITERS.keys()


@pytest.mark.parametrize("column", WRITERS)
def test_every_value_is_read_through_every_face(app, browse, alice, column):
    write, faces = WRITERS[column]
    caller, browser = Caller(app, alice), browse(alice)
    with app.app_context():
        give_valid_session(alice.id)
    for value in LISTS[column]:
        with app.app_context():
            known = {"value": value, "user": alice.id, **write(alice.id, value)}
        for face in faces:
            path = face.format(**known)
            response = caller.get(path.removeprefix("/api")) if path.startswith("/api") else browser.get(path)
            assert response.status_code in (200, 202), (path, value, response.text[:500])
    with ZipFile(io.BytesIO(caller.get(f"/users/{alice.id}/export").data)) as archive:
        exported = archive.read(f"{column.partition('.')[0]}.json").decode()
    assert f'"{LISTS[column][-1]}"' in exported


def test_every_cause_of_a_restore_is_read_by_administrators(app, browse, ada):
    for cause in get_args(RestoreCause):
        with app.app_context():
            hold_bots(cause)
        assert Caller(app, ada).get("/admin/restore").json["restore"]["cause"] == cause
        assert browse(ada).get("/admin/health/restores").status_code == 200


def test_every_kind_of_step_of_all_bots_is_read_by_administrators(app, browse, ada):
    with app.app_context(), identity() as session:
        counted = {
            "day": now().date() - timedelta(days=1),
            "measure": "steps",
            "outcome": "done",
            "count": 2,
            "users": 1,
        }
        session.add_all(PlatformDay(step_kind=kind, **counted) for kind in StepKind)
        session.commit()
    assert [kind["kind"] for kind in Caller(app, ada).get("/admin/results").json["kinds"]] == list(StepKind)
    assert browse(ada).get("/admin/results").status_code == 200
    assert len(browse(ada).get("/admin/results.csv").text.splitlines()) == 1 + len(StepKind)


def test_every_condition_of_a_bot_is_read_by_administrators(app, browse, ada, alice):
    with app.app_context():
        give_valid_session(alice.id)
    for condition in get_args(BotCondition):
        with app.app_context():
            write_condition(alice.id, condition)
        items = Caller(app, ada).get("/admin/bots").json["items"]
        assert {item["condition"] for item in items if item["user_id"] == alice.id} == {condition}
        assert browse(ada).get("/admin").status_code == 200


def test_a_value_that_is_none_is_not_written(app, alice):
    with app.app_context(), tenant(alice.id) as session:
        session.add(Activity(user_id=alice.id, at=now(), action="follow", status="rested"))
        with pytest.raises(Exception, match="'rested' is none of done, skipped, failed"):
            session.flush()


def test_what_a_bot_says_when_a_kind_rests_is_read_as_any_other(app, alice):
    with app.app_context():
        write_activity(alice.id, "resting")
    items = Caller(app, alice).get("/activity?status=resting").json["items"]
    assert [item["status"] for item in items] == ["resting"]
    assert "resting" in list(ActivityStatus)
