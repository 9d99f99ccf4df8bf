"""The audit log as it is read, and that it can only grow."""

import ast
import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot.automation import generations
from bot.history.audit import audit
from bot.operations import user_admin
from bot.operations.audit_report import AuditFilter, audit_csv, list_audit
from bot.operations.erasure import erase
from bot.operations.user_admin import UserChange, change_user
from bot.storage.models import AuditEntry
from bot.storage.tenancy import identity
from tests.bot.driving import signed_in
from web.audit_words import AUDIT

BOT = Path(user_admin.__file__).parents[1]
postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def history(alice, bob, ada, clock):
    """ada changes alice at noon, and bob half an hour later; times after it are for filters."""
    admin = signed_in(ada)
    change_user(admin, alice.id, UserChange(role="admin"))
    clock.advance(minutes=30)
    change_user(admin, bob.id, UserChange(is_active=False))
    return clock.now()


def found(**wanted):
    return [(one.entry.event, one.whom) for one in list_audit(50, None, AuditFilter(**wanted)).items]


def test_it_is_narrowed_by_what_who_whom_and_time(history, alice, bob, ada):
    assert found(event="role_changed") == [("role_changed", "alice")]
    assert found(who="ADA") == found(who=ada.id) == [("user_disabled", "bob"), ("role_changed", "alice")]
    assert found(whom="bob") == [("user_disabled", "bob"), ("user_created", "bob")]
    assert found(since=history) == [("user_disabled", "bob")]
    assert ("user_disabled", "bob") not in found(until=history)
    assert found(who="ada", whom="alice", until=history) == [("role_changed", "alice")]
    assert found(who="nobody") == found(since=history + timedelta(minutes=1)) == []


def test_who_is_erased_is_found_by_id_and_has_no_name(history, alice, bob, ada):
    erase(signed_in(ada), bob.id)
    assert found(event="user_disabled") == [("user_disabled", None)]
    assert found(whom=bob.id, event="user_disabled") == [("user_disabled", None)]
    assert found(whom="bob") == []


def test_it_comes_in_parts_and_whole_as_a_table(history, ada):
    with identity() as session:
        for number in range(230):
            audit(session, "kill_switch_on", actor_id=ada.id, detail=f"=cmd({number})")
        session.commit()
    first = list_audit(100, None, AuditFilter(event="kill_switch_on"))
    second = list_audit(100, first.next, AuditFilter(event="kill_switch_on"))
    assert len({one.entry.id for one in first.items + second.items}) == 200
    rows = list(csv.DictReader(io.StringIO("".join(audit_csv(AuditFilter(event="kill_switch_on"))).lstrip("\ufeff"))))
    assert len(rows) == 230
    assert {row["detail"][:6] for row in rows} == {"'=cmd("}
    assert {(row["who"], row["who_id"]) for row in rows} == {("ada", ada.id)}


def test_every_event_has_its_words():
    named = set(user_admin._EVENTS.values()) | set(generations._EVENTS.values())
    assert events() | named <= AUDIT.keys()


def events():
    """Every text that is given to what writes an entry as its event."""
    place = {"audit": 1, "audit_own": 1, "refusals_audited": 0}
    calls = (
        node.args[place[node.func.id]]
        for path in BOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in place
    )
    return {part.value for event in calls for part in ast.walk(event) if isinstance(part, ast.Constant)}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_log SET event = 'x'",
        "DELETE FROM audit_log",
        "INSERT INTO audit_log (id, at, event) SELECT id, at, 'x' FROM audit_log LIMIT 1",
    ],
)
def test_no_entry_is_changed_or_removed(base_app, alice, change):
    with identity() as session, pytest.raises(DBAPIError):
        session.execute(text(change))
    assert entries_of(alice) == ["user_created"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_entry_is_replaced_either(base_app, alice):
    replacement = "INSERT OR REPLACE INTO audit_log (id, at, event, subject_id) SELECT id, at, 'x', subject_id"
    with identity() as session, pytest.raises(IntegrityError, match="append-only"):
        session.execute(text(f"{replacement} FROM audit_log"))
    assert entries_of(alice) == ["user_created"]


@postgresql
@pytest.mark.parametrize("change", ["TRUNCATE audit_log", "DROP TABLE audit_log", "ALTER TABLE audit_log RENAME TO x"])
def test_the_role_of_the_product_neither_empties_nor_drops_it(base_app, alice, change):
    with identity() as session, pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
        session.execute(text(change))
    assert entries_of(alice) == ["user_created"]


def entries_of(user):
    with identity(reading=True) as session:
        return session.scalars(select(AuditEntry.event).where(AuditEntry.subject_id == user.id)).all()
