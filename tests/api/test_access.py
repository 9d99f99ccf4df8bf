import uuid

import pytest
from sqlalchemy import update

from api.openapi import document
from bot.storage.models import UserSession
from bot.storage.tenancy import identity
from tests.api.caller import Caller, json_of, refusal
from tests.support.people import Somebody

PUBLIC = {
    "alive",
    "forgot_password",
    "initialize_password",
    "login",
    "login_by_instagram",
    "ready",
    "register",
    "reset_password",
    "show_docs",
    "show_openapi",
    "show_outbox",
    "show_stylesheet",
    "verify_email",
}
SIGN_OUTS = {"logout", "end_sign_in"}
WITH_A_FIRST_PASSWORD = {"change_password", "end_sign_in", "logout", "who_am_i"}
WITHOUT_A_SECOND_FACTOR = {
    "begin_second_factor",
    "change_password",
    "confirm_second_factor",
    "confirm_sign_in",
    "end_sign_in",
    "logout",
    "show_second_factor",
    "who_am_i",
}
WITHOUT_ITS_CODE = {"end_sign_in", "show_sign_in"}
ADMINISTRATION = {
    "change_ceilings",
    "change_default_limits",
    "change_user",
    "clean_up_sessions",
    "create_user",
    "end_session",
    "leave_alone_everywhere",
    "let_bots_go_on",
    "list_failures",
    "list_fleet",
    "remind_user",
    "show_fleet_results",
    "show_limit_exceptions",
    "list_failures_by_user",
    "list_left_alone_by_all",
    "list_mails",
    "list_sessions",
    "list_users",
    "may_contact_everywhere",
    "release_held_bots",
    "reset_second_factor",
    "send_reset",
    "show_audit_log",
    "show_default_limits",
    "show_fleet_analytics",
    "show_kill_switch",
    "show_lane",
    "show_lanes",
    "show_restore",
    "show_instagram_client",
    "release_from_client",
    "list_unknown_replies",
    "show_session_test",
    "show_workers",
    "stop_every_bot",
}


@pytest.fixture
def routes(app):
    """Every operation of the API: its id, method and path below /api, with ids of nothing."""
    with app.test_request_context():
        paths = document()["paths"]
    return [
        (operation["operationId"], method.upper(), path.removeprefix("/api").format_map(Nothing()))
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]


class Nothing(dict):
    def __missing__(self, key):
        return str(uuid.uuid4())


def allowed(caller: Caller, routes, refused):
    """The operations that are not answered with that failure."""
    return {name for name, method, path in routes if refused_as(caller.call(method, path)) != refused}


def refused_as(response):
    return (response.status_code, json_of(response).get("error")) if response.is_json else None


def test_who_is_signed_out_sees_what_is_public_and_nothing_else(calls, routes):
    assert allowed(calls(), routes, (401, "AUTHENTICATION_REQUIRED")) == PUBLIC


@pytest.mark.parametrize("token", ["", "none", "a" * 5000, "\xe9\xff"])
def test_a_token_that_is_none_signs_nobody_in(calls, token):
    response = calls().get("/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert refusal(response) == (401, "AUTHENTICATION_REQUIRED")


def test_a_first_password_opens_its_change_and_nothing_else(calls, ada, routes):
    created = json_of(calls(ada).post("/users", json={"username": "newcomer"}))
    password = created["initial_password"]
    token = json_of(calls().post("/auth/login", json={"username": "newcomer", "password": password}))["token"]
    # The sign-out comes last: nothing else would be asked as this user.
    routes.sort(key=lambda route: route[0] in SIGN_OUTS)
    caller = calls(Somebody(created["user"]["id"], "newcomer", token))
    assert allowed(caller, routes, (403, "PASSWORD_CHANGE_REQUIRED")) == PUBLIC | WITH_A_FIRST_PASSWORD


def test_a_sign_in_whose_code_has_not_come_opens_the_code_and_nothing_else(app, calls, alice, routes):
    with app.app_context(), identity() as session:
        session.execute(update(UserSession).values(needs_code=True))
        session.commit()
    routes.sort(key=lambda route: route[0] == "end_sign_in")
    found = allowed(calls(alice), routes, (403, "SIGN_IN_NEEDS_CODE"))
    assert found == PUBLIC | WITHOUT_ITS_CODE


def test_who_needs_a_second_factor_sets_it_up_and_does_nothing_else(app, calls, ada, routes, monkeypatch):
    parts = app.extensions["troupe"]
    monkeypatch.setattr(parts, "config", parts.config.model_copy(update={"require_admin_second_factor": True}))
    routes.sort(key=lambda route: route[0] in SIGN_OUTS)
    found = allowed(calls(ada), routes, (403, "SECOND_FACTOR_SETUP_REQUIRED"))
    assert found == PUBLIC | WITHOUT_A_SECOND_FACTOR


def test_a_user_administers_nothing(calls, alice, routes):
    # What ends the token that everything is asked with comes last.
    routes.sort(key=lambda route: route[0] in SIGN_OUTS | {"refresh"})
    everything = {name for name, _, _ in routes}
    assert allowed(calls(alice), routes, (403, "FORBIDDEN")) == everything - ADMINISTRATION
