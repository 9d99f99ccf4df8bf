"""Every route, called by every kind of caller: its declaration against its answer and the changed rows."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import CompoundSelect, Text, bindparam, cast, func, literal, null, select, union_all
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from bot.auth.sessions import FIRST_VERSION, FULL, sessions
from bot.config.runtime import EXTENSION
from bot.core.errors import find_code
from bot.storage.engine import db
from bot.storage.models import Base, User
from bot.storage.tenancy import identity
from middleware.access import ID_COOKIE, Access, access_of
from middleware.rate_limit import LIMITER
from tests.support.instances import (
    BODIES,
    PARAMETERS,
    REFUSED_HERE,
    SIGN_INS,
    Owner,
    change_sign_ins,
    make_cast,
    prepare,
)
from tests.support.people import VISITOR, Somebody

_FORM_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_CODE = re.compile(r"/help/errors/(E-[A-Z]+-[IWEC]-\w{4})")
_TO_SIGN_IN = "/login"
_MOVED = "PAGE_MOVED"
_LED_TO = {
    "/settings/security/password": "PASSWORD_CHANGE_REQUIRED",
    "/profile/confirm": "CONFIRMATION_REQUIRED",
    "/settings/second-factor": "SECOND_FACTOR_SETUP_REQUIRED",
}
_AT_THE_DOOR = {
    "AUTHENTICATION_REQUIRED",
    "CONFIRMATION_REQUIRED",
    "FORBIDDEN",
    "PASSWORD_CHANGE_REQUIRED",
    "SECOND_FACTOR_SETUP_REQUIRED",
    "SIGN_IN_NEEDS_CODE",
}
_ANY_ROUTE = {"HEAD", "OPTIONS"}
# Callers that no declaration keeps out by default.
_LIKE_THE_OWNER = {"stranger", "stale", "admin"}
# Callers with an id of the first version, as a bearer token and in its cookie.
_BY_ID = {"id", "id cookie"}
# Columns that change with every request of a sign-in.
_RESTLESS = {"last_seen_at"}


@dataclass(frozen=True)
class Call:
    """One method of one route."""

    rule: Rule
    method: str
    access: Access

    @property
    def endpoint(self) -> str:
        return str(self.rule.endpoint)

    @property
    def owned(self) -> bool:
        """Return whether the address names rows of one user."""
        # An address that moved leads every caller on. The page that it leads to looks for the row.
        moved = self.rule.endpoint.startswith("web.moved.")
        return not moved and any(PARAMETERS[name].owned for name in self.rule.arguments)

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule}"


class Matrix:
    """Calls an app as every caller. `findings` are the faults in words, so that planted ones can be found."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        # The matrix sends more requests a minute than the throttle permits, and does not test the throttle.
        app.extensions[LIMITER].enabled = False
        parts = app.extensions[EXTENSION]
        parts.config = parts.config.model_copy(update={"require_admin_second_factor": True})
        with app.app_context():
            self.cast, self.looked_at = make_cast(), Owner()
        login = app.test_client().get(_TO_SIGN_IN)
        found = _FORM_TOKEN.search(login.text)
        assert found
        self.form_token = found[1]
        self.form_cookie = login.headers["Set-Cookie"].partition(";")[0].partition("=")

    def findings(self, rules: Iterable[Rule] | None = None) -> list[str]:
        calls, found = [], []
        for rule in rules or self.app.url_map.iter_rules():
            access = access_of(self.app.view_functions[rule.endpoint])
            unknown = rule.arguments - PARAMETERS.keys()
            if access is None:
                found.append(f"{rule.rule}: declares no access")
            elif unknown:
                found.append(f"{rule.rule}: tests/support/instances.py cannot make {', '.join(sorted(unknown))}")
            else:
                calls += [Call(rule, method, access) for method in sorted((rule.methods or set()) - _ANY_ROUTE)]
        # GETs change nothing, so all of them can use one owner. Of the others those that name rows come first: the rest
        # unlinks the accounts and signs out the callers.
        calls.sort(key=lambda call: (call.method != "GET", not call.owned))
        return found + [f"{call}: {finding}" for call in calls for finding in self._findings_of(call)]

    def _findings_of(self, call: Call) -> Iterator[str]:
        with self.app.app_context():
            owner = self.looked_at if call.method == "GET" else Owner()
            values = prepare(owner, call.endpoint, call.rule.arguments)
            before = rows_of(owner.id)
        # An administrator's own call comes last, and so does the owner's if every caller is let in.
        own = {"admin"} if call.access.role else _LIKE_THE_OWNER if call.access.public else set()
        others = [name for name in self.cast if name not in own]
        entitled = [name for name in others if call.owned and expected_of(call, name) is None]
        for name in (None, *(name for name in others if name not in entitled)):
            yield from self._findings_at_the_door(call, values, name)
        with self.app.app_context():
            if rows_of(owner.id) != before:
                yield "somebody else changed rows of the owner"
        for name in entitled:
            yield from self._findings_at_the_door(call, values, name)
        yield from self._findings_within(call, values, owner)

    def _findings_at_the_door(self, call: Call, values: dict[str, str], name: str | None) -> Iterator[str]:
        """Yield a finding if a caller who may not call it is not refused as declared, or another caller is refused."""
        answer = _name_of(self.send(call, values, self._signed_in(name, call) if name else None))
        expected = expected_of(call, name)
        if (expected and answer != expected) or (not expected and answer in _AT_THE_DOOR):
            yield f"{name or 'signed out'} got {answer}, not {expected or 'in'}"

    def _findings_within(self, call: Call, values: dict[str, str], owner: Owner) -> Iterator[str]:
        """Yield a finding if a permitted caller gets no answer.

        Only an answer to them proves that the refusal of others is due to access.
        """
        by = self._signed_in("admin", call) if call.access.role else owner.somebody
        with self.app.app_context():
            before = rows_of(owner.id)
        response = self.send(call, values, by)
        with self.app.app_context():
            if call.method == "GET" and rows_of(owner.id) != before:
                yield "a GET changed something"
        answer = _name_of(response)
        if answer == (_MOVED if call.endpoint.startswith("web.moved.form_") else REFUSED_HERE.get(call.endpoint)):
            return
        if response.status_code >= 500 or answer in _AT_THE_DOOR:
            yield f"{by.username} got {answer}"
        elif (call.owned or call.method == "GET") and response.status_code >= 400:
            yield f"{by.username} got {answer}: tests/support/instances.py does not say how to call it"

    def _signed_in(self, name: str, call: Call) -> Somebody:
        """Return the caller with a valid sign-in, whatever was called before: signing out, a change of the password."""
        somebody = self.cast[name]
        if call.method == "GET":
            return somebody
        with self.app.app_context(), identity() as session:
            if sessions.find(somebody.token, "bearer", kinds=FULL | FIRST_VERSION) or name == "disabled":
                return somebody
            user = session.get_one(User, somebody.id)
            token = sessions.issue(session, user, VISITOR, kind="first_version" if name in _BY_ID else "usual")
            session.commit()
        self.cast[name] = Somebody(somebody.id, somebody.username, token)
        with self.app.app_context():
            if name in SIGN_INS:
                change_sign_ins(self.cast[name], SIGN_INS[name])
        return self.cast[name]

    def send(self, call: Call, values: dict[str, str], somebody: Somebody | None) -> TestResponse:
        client = self.app.test_client()
        client.set_cookie(self.form_cookie[0], self.form_cookie[2])
        by_cookie = somebody is not None and somebody == self.cast.get("id cookie")
        if somebody and by_cookie:
            client.set_cookie(ID_COOKIE, somebody.token)
        built = call.rule.build(values)
        assert built
        options: dict[str, Any] = {
            "headers": {"X-CSRFToken": self.form_token, **(somebody.headers if somebody and not by_cookie else {})}
        }
        body = BODIES.get(call.endpoint)
        if body is not None and call.method != "GET":
            options["json" if call.endpoint.startswith("api.") else "data"] = body
        return client.open(built[1], method=call.method, **options)


def expected_of(call: Call, name: str | None) -> str | None:
    """Return the refusal that the route declares for this caller; None if any other answer is right."""
    access = call.access
    if access.public:
        return None
    if access.demo and call.method != "POST":
        return "404"
    if name in (None, "disabled") or (name in _BY_ID and not access.first_version):
        return "AUTHENTICATION_REQUIRED"
    if name == "newcomer" and not access.allow_password_change:
        return "PASSWORD_CHANGE_REQUIRED"
    if name == "coded" and not access.allow_code:
        return "SIGN_IN_NEEDS_CODE"
    if name == "obliged" and not access.allow_second_factor_setup:
        return "SECOND_FACTOR_SETUP_REQUIRED"
    if access.role and name not in ("admin", "obliged"):
        return "FORBIDDEN"
    if access.confirmed and name == "stale":
        return "CONFIRMATION_REQUIRED"
    return "404" if call.owned and not _may_see(call, name) else None


def _may_see(call: Call, name: str | None) -> bool:
    """Return whether the caller may see it.

    Administrators manage users and their sign-ins, and see no other rows of a user.
    """
    return name == "admin" and (call.access.role == "admin" or call.rule.arguments == {"user_id"})


def _name_of(response: TestResponse) -> str:
    """Return the name of the failure; `404` for everything not found, the status otherwise."""
    if response.status_code == 404:
        return "404"
    if response.status_code == 303 and response.location.startswith(_TO_SIGN_IN) and not _signs_out(response):
        return "AUTHENTICATION_REQUIRED"
    if response.status_code == 303 and (name := _LED_TO.get(urlsplit(response.location).path)):
        return name
    if response.is_json and response.status_code >= 400:
        return str((response.get_json() or {}).get("error"))
    found = _CODE.search(response.text) if response.status_code >= 400 else None
    entry = find_code(found[1]) if found else None
    return entry.name if entry else str(response.status_code)


def _signs_out(response: TestResponse) -> bool:
    return any("Max-Age=0" in cookie for cookie in response.headers.getlist("Set-Cookie"))


def rows_of(user_id: str) -> list[tuple[str | None, ...]]:
    """Return every stored row of a user: the name of a table and the values of its columns."""
    with identity(user_id, reading=True) as session:
        return sorted(map(tuple, session.execute(_all_rows(db.engine.dialect.name), {"user_id": user_id})), key=repr)


@cache
def _all_rows(dialect: str) -> CompoundSelect[Any]:
    """Return one statement for all tables, which is many times faster than one for each.

    A union needs the same number of columns of each, so they come as texts and padded.
    """
    users = User.__table__
    tables = {
        table: [column for column in table.columns if column.name not in _RESTLESS]
        for table in Base.metadata.tables.values()
        if "user_id" in table.columns or table is users
    }
    most = max(map(len, tables.values()))
    owner = bindparam("user_id", type_=users.c.id.type)
    return union_all(
        *(
            select(
                literal(table.name),
                *(func.quote(column) if dialect == "sqlite" else cast(column, Text) for column in columns),
                *(null() for _ in range(most - len(columns))),
            ).where((table.c.id if table is users else table.c.user_id) == owner)
            for table, columns in tables.items()
        )
    )
