"""Every route, method and id, called by everybody: generated from the routes, so that a new one is in it by itself."""

import pytest
from sqlalchemy import update

from bot.automation import lifecycle
from bot.core.errors import BotException
from bot.linking import requests
from bot.storage.models import Action
from bot.storage.models.values import ActionStatus
from bot.storage.tenancy import identity
from bot.users.directory import require_self
from middleware import access
from middleware.access import me, require_confirmed, require_role, signed_in
from tests.support.access_matrix import Matrix

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def config(config):
    """Links of registrations are among what is called."""
    return config.model_copy(update={"allow_registration": True})


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """A request waits for no worker."""
    for asked in (requests.link, requests.verify, requests.test_session, requests.preview):
        monkeypatch.setitem(asked.__kwdefaults__ or {}, "wait", 0.0)


def test_everybody_is_answered_as_the_route_declares_and_a_stranger_finds_nothing(app):
    findings = Matrix(app).findings()
    assert not findings, "\n".join(findings)


HERE = "/api/planted/<uuid:action_id>"


def planted(app, rule, view):
    """What the matrix says of one more route."""
    app.add_url_rule(rule, "api.planted", view, methods=["POST"])
    return Matrix(app).findings(app.url_map.iter_rules("api.planted"))


@sqlite
def test_a_route_that_declares_no_access_is_found(app):
    assert planted(app, HERE, lambda action_id: {}) == [f"{HERE}: declares no access"]


@sqlite
def test_a_route_whose_parameter_nobody_can_make_is_found(app):
    found = planted(app, "/api/planted/<uuid:secret_id>", signed_in(lambda secret_id: {}))
    assert found == ["/api/planted/<uuid:secret_id>: tests/support/instances.py cannot make secret_id"]


@sqlite
def test_a_view_that_forgets_whose_row_it_is_is_found(app):
    @signed_in
    def careless(action_id):
        with identity() as session:
            session.execute(update(Action).where(Action.id == str(action_id)).values(status="cancelled"))
            session.commit()
        return {"id": str(action_id)}

    assert planted(app, HERE, careless) == [
        f"POST {HERE}: stranger got 200, not 404",
        f"POST {HERE}: stale got 200, not 404",
        f"POST {HERE}: admin got 200, not 404",
        f"POST {HERE}: somebody else changed rows of the owner",
    ]


@sqlite
def test_a_view_that_refuses_a_stranger_after_its_work_is_found(app):
    @signed_in
    def hasty(action_id):
        with identity() as session:
            action = session.get_one(Action, str(action_id))
            action.status = ActionStatus.CANCELLED
            session.commit()
        require_self(action.user_id, me())
        return {}

    assert planted(app, HERE, hasty) == [f"POST {HERE}: somebody else changed rows of the owner"]


@sqlite
def test_a_get_that_changes_something_is_found(app):
    @signed_in
    def forward():
        lifecycle.stop(me().id)
        return {}

    app.add_url_rule("/api/planted", "api.planted", forward)
    found = Matrix(app).findings(app.url_map.iter_rules("api.planted"))
    assert found == ["GET /api/planted: a GET changed something"]


@sqlite
def test_a_view_that_is_declared_for_administrators_and_lets_users_in_is_found(app, monkeypatch):
    monkeypatch.setattr(access, "_check", lambda _access: None)
    found = planted(app, "/api/planted", require_role("admin")(lambda: {}))
    assert "POST /api/planted: stranger got 200, not FORBIDDEN" in found
    assert "POST /api/planted: signed out got 200, not AUTHENTICATION_REQUIRED" in found


@sqlite
def test_a_view_that_is_to_ask_again_and_does_not_is_found(app, monkeypatch):
    monkeypatch.setattr(access, "is_confirmed", lambda _user: True)
    found = planted(app, "/api/planted", signed_in(require_confirmed(lambda: {})))
    assert found == ["POST /api/planted: stale got 200, not CONFIRMATION_REQUIRED"]


@sqlite
def test_a_view_that_does_not_find_the_owners_row_proves_nothing_and_is_found(app):
    @signed_in
    def blind(action_id):
        raise BotException("ACTION_NOT_FOUND")

    (found,) = planted(app, HERE, blind)
    assert found.endswith("got 404: tests/support/instances.py does not say how to call it")
