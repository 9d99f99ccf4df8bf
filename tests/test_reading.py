"""Nothing is changed by a GET, whoever sends it: every route that takes one, made from the routes themselves."""

import sqlite3
from collections.abc import Iterable

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.routing import Rule

from bot.storage.engine import db
from bot.storage.models import Base, User
from bot.storage.tenancy import identity
from middleware.access import access_of
from tests.support.access_matrix import Call, Matrix
from tests.support.instances import Owner, prepare

# SQLite alone: what a view does is the same on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
# That a sign-in is in use is noted; what only a few times may be asked for is counted; who asks for what is for
# administrators, or takes their data along, is in the audit log.
_NOTED, _COUNTED = {"last_seen_at"}, {"attempts", "audit_log"}


def everything():
    """All rows of all tables, as SQLite keeps them."""
    with db.engine.connect() as connection:
        tables = {
            name: select(*(column for column in table.columns if column.name not in _NOTED))
            for name, table in Base.metadata.tables.items()
            if name not in _COUNTED
        }
        return {name: connection.execute(query).all() for name, query in tables.items()}


def readings(app: Flask, rules: Iterable[Rule]):
    for rule in rules:
        access = access_of(app.view_functions[rule.endpoint])
        if "GET" in (rule.methods or ()) and access:
            yield Call(rule, "GET", access)


def changing(app: Flask, rules: Iterable[Rule]):
    """The routes whose GET, by the owner, an administrator or a stranger who is signed out, changed a row."""
    matrix = Matrix(app)
    found = set()
    with app.app_context():
        watcher = sqlite3.connect(str(db.engine.url.database))

    def commits():
        """Another number once anybody else has committed something."""
        return watcher.execute("PRAGMA data_version").fetchone()

    for call in readings(app, rules):
        with app.app_context():
            owner = Owner()
            values = prepare(owner, call.endpoint, call.rule.arguments)
            before = everything()
        seen = commits()
        for somebody in (None, owner.somebody, matrix.cast["admin"]):
            matrix.send(call, values, somebody)
            if commits() != seen:
                with app.app_context():
                    if everything() != before:
                        found.add(str(call))
    watcher.close()
    return found


def test_no_get_changes_anything(app):
    assert changing(app, app.url_map.iter_rules()) == set()


def test_a_get_that_changes_something_is_found(app):
    before = app.view_functions["api.auth.who_am_i"]

    def careless():
        with identity() as session:
            session.execute(update(User).values(last_login_at=None))
            session.commit()
        return before()

    careless.__dict__.update(before.__dict__)
    app.view_functions["api.auth.who_am_i"] = careless
    assert changing(app, app.url_map.iter_rules("api.auth.who_am_i")) == {"GET /api/auth/me"}
