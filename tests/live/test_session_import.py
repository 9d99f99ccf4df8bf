"""Import of a session in place of a password, and export of one's own."""

import json

from sqlalchemy import select

from bot.automation.kill_switch import StopAll, stop_all
from bot.storage.models import AuditEntry
from bot.storage.tenancy import identity
from tests.bot.driving import signed_in
from tests.live.conftest import Person
from tests.support.harmful_settings import HARMFUL
from tests.support.people import make_somebody


def brought(sandbox, account):
    """The sessionid of an account, as a browser has it."""
    return sandbox.post("/sessions", account=account)["session"]


def bring(person: Person, session, **more):
    return person.post("/api/bot/import-session", session=session, **more)


def exported(person: Person):
    return person.post("/api/bot/export-session")


def test_a_sessionid_links_the_account_by_one_read_and_without_a_password(person, sandbox):
    alice = person("alice")

    answer = bring(alice, brought(sandbox, "plain_01"))

    assert answer.get_json()["session_valid"]
    assert alice.status()["instagram_username"] == "plain_01"
    assert sandbox.requests("plain_01") == {"current_user": 1}
    tested = alice.post(f"/api/users/{alice.id}/test-session").get_json()
    assert tested["session_valid"]


def test_an_exported_session_is_imported_elsewhere_on_the_same_phone(person, sandbox):
    alice, bob = person("alice"), person("bob")
    alice.link(sandbox.account("plain_02"))
    answer = exported(alice)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    alice.post("/api/bot/logout")

    assert bring(bob, answer.get_data(as_text=True)).get_json()["session_valid"]

    assert len(sandbox.phone("plain_02")["device_id"]) == 1
    assert sandbox.requests("plain_02")["login"] == 1


def test_an_export_is_audited_and_of_nothing_there_is_none(person, sandbox, app):
    alice = person("alice")
    assert exported(alice).get_json()["error"] == "NOT_LINKED"
    alice.link(sandbox.account("plain_03"))

    assert exported(alice).status_code == 200

    with app.app_context(), identity(reading=True) as session:
        assert "session_exported" in session.scalars(select(AuditEntry.event)).all()


def test_an_account_that_another_user_has_linked_is_refused(person, sandbox):
    alice, bob = person("alice"), person("bob")
    alice.link(sandbox.account("plain_04"))

    assert bring(bob, brought(sandbox, "plain_04")).get_json()["error"] == "INSTAGRAM_ACCOUNT_TAKEN"
    assert not bob.status()["linked"]


def test_what_could_hurt_reaches_neither_the_client_nor_the_store(person, sandbox):
    alice = person("alice")
    alice.link(sandbox.account("plain_05"))
    settings = json.loads(exported(alice).get_data(as_text=True)) | HARMFUL
    settings["device_settings"] |= {"app_version": "1.0.0", "version_code": "1", "bloks_versioning_id": "x"}

    assert bring(alice, json.dumps(settings)).get_json()["session_valid"]

    kept = json.loads(exported(alice).get_data(as_text=True))
    assert [key for key in HARMFUL if kept.get(key) == HARMFUL[key]] == []
    assert kept["device_settings"]["app_version"] != "1.0.0"
    assert all("Instagram 1.0.0" not in agent for agent in sandbox.phone("plain_05")["user_agent"])


def test_a_session_that_is_over_links_nothing(person, sandbox):
    alice = person("alice")
    session = brought(sandbox, "plain_06")
    sandbox.end_sessions("plain_06")

    assert bring(alice, session).get_json()["error"] == "INSTAGRAM_LOGGED_OUT"
    assert not alice.status()["linked"]


def test_what_is_no_session_reaches_no_worker(person, sandbox):
    assert bring(person("alice"), "hello").status_code == 422
    assert sandbox.get("/requests") == []


def test_each_try_comes_from_the_same_phone_until_the_name_is_known(person, sandbox):
    alice, session = person("alice"), brought(sandbox, "plain_07")
    sandbox.fault("plain_07", "current_user", "server_error")

    assert bring(alice, session).get_json()["error"] == "INSTAGRAM_SERVER_ERROR"
    assert bring(alice, session).get_json()["session_valid"]
    alice.post("/api/bot/logout")
    assert alice.link(sandbox.account("plain_07")).get_json()["session_valid"]

    assert len(sandbox.phone("plain_07")["device_id"]) == 1


def test_a_stopped_fleet_imports_nothing(person, sandbox, app):
    with app.app_context():
        stop_all(signed_in(make_somebody("ada", "admin")), StopAll(reason="maintenance"))

    assert bring(person("alice"), brought(sandbox, "plain_08")).get_json()["error"] == "KILL_SWITCH"
    assert sandbox.requests("plain_08") == {}
