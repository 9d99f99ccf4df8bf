"""Somebody is erased while a request of theirs is under way: every route, between its check and its view."""

import pytest
from flask import request

from bot.auth.sessions import SessionInfo
from bot.operations.erasure import erase
from middleware.access import access_of
from tests.bot.driving import signed_in
from tests.support.access_matrix import Call, Matrix
from tests.support.instances import Owner, prepare

# SQLite alone: what a view does is the same on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


# What the demo offers is read from its sandbox, which does not run here.
ASKS_THE_SANDBOX = {"api.demo.sandbox_accounts", "api.demo.answering_people"}


def test_what_fails_because_somebody_is_erased_meanwhile_is_no_fault(app, caplog):
    erased: list[tuple[SessionInfo, str]] = []

    @app.before_request
    def erase_meanwhile():
        if erased and request.endpoint:
            erase(*erased.pop())

    matrix = Matrix(app)
    found: dict[str, int] = {}
    for rule in app.url_map.iter_rules():
        access = access_of(app.view_functions[rule.endpoint])
        if access is None or access.public or access.role or rule.endpoint in ASKS_THE_SANDBOX:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            call = Call(rule, method, access)
            with app.app_context():
                owner = Owner()
                values = prepare(owner, call.endpoint, call.rule.arguments)
                erased.append((signed_in(matrix.cast["admin"]), owner.id))
            status = matrix.send(call, values, owner.somebody).status_code
            erased.clear()
            if status >= 500:
                found[str(call)] = status
    assert found == {}
