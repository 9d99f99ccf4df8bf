"""Every route, called by everybody: what the route declares, against what is answered and what has changed."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from bot.access import Access, access_of
from bot.errors import find_code
from bot.models import Base, User
from bot.scope import identity
from bot.sessions import sessions
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
_LED_TO = {"/profile/change-password": "PASSWORD_CHANGE_REQUIRED", "/profile/confirm": "CONFIRMATION_REQUIRED"}
_AT_THE_DOOR = {
    "AUTHENTICATION_REQUIRED",
    "CONFIRMATION_REQUIRED",
    "FORBIDDEN",
    "PASSWORD_CHANGE_REQUIRED",
    "SIGN_IN_NEEDS_CODE",
}
_ANY_ROUTE = {"HEAD", "OPTIONS"}
# They change with every request that a sign-in makes.
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
        """Whether the address names rows of one user."""
        return any(PARAMETERS[name].owned for name in self.rule.arguments)

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule}"


class Matrix:
    """Calls an app as everybody; `findings` is what is wrong, in words, so that faults can be planted and found."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        with app.app_context():
            self.cast = make_cast()
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
        # What names rows comes first: the rest unlinks the accounts and signs out the callers.
        calls.sort(key=lambda call: not call.owned)
        return found + [f"{call}: {finding}" for call in calls for finding in self._findings_of(call)]

    def _findings_of(self, call: Call) -> Iterator[str]:
        with self.app.app_context():
            owner = Owner()
            values = prepare(owner, call.endpoint, call.rule.arguments)
            before = rows_of(owner.id)
        entitled = [name for name in self.cast if call.owned and expected_of(call, name) is None]
        for name in (None, *(name for name in self.cast if name not in entitled)):
            yield from self._findings_at_the_door(call, values, name)
        with self.app.app_context():
            if rows_of(owner.id) != before:
                yield "somebody else changed rows of the owner"
        for name in entitled:
            yield from self._findings_at_the_door(call, values, name)
        yield from self._findings_within(call, values, owner)

    def _findings_at_the_door(self, call: Call, values: dict[str, str], name: str | None) -> Iterator[str]:
        """Who may not call it is refused in the declared way, and nobody else is."""
        answer = _name_of(self.send(call, values, self._signed_in(name) if name else None))
        expected = expected_of(call, name)
        if (expected and answer != expected) or (not expected and answer in _AT_THE_DOOR):
            yield f"{name or 'signed out'} got {answer}, not {expected or 'in'}"

    def _findings_within(self, call: Call, values: dict[str, str], owner: Owner) -> Iterator[str]:
        """Who may call it is answered, so that what others are refused is there."""
        by = self.cast["admin"] if call.access.role else owner.somebody
        with self.app.app_context():
            before = rows_of(owner.id)
        response = self.send(call, values, by)
        with self.app.app_context():
            if call.method == "GET" and rows_of(owner.id) != before:
                yield "a GET changed something"
        if _name_of(response) == REFUSED_HERE.get(call.endpoint):
            return
        if response.status_code >= 500:
            yield f"{by.username} got {response.status_code}"
        elif (call.owned or call.method == "GET") and response.status_code >= 400:
            yield f"{by.username} got {_name_of(response)}: tests/support/instances.py does not say how to call it"

    def _signed_in(self, name: str) -> Somebody:
        """With a sign-in that still stands, whatever was called before: signing out, a change of the password."""
        somebody = self.cast[name]
        with self.app.app_context(), identity() as session:
            if sessions.find(somebody.token, "bearer") or name == "disabled":
                return somebody
            user = session.get_one(User, somebody.id)
            token = sessions.issue(session, user, VISITOR)
            session.commit()
        self.cast[name] = Somebody(somebody.id, somebody.username, token)
        with self.app.app_context():
            if name in SIGN_INS:
                change_sign_ins(self.cast[name], SIGN_INS[name])
        return self.cast[name]

    def send(self, call: Call, values: dict[str, str], somebody: Somebody | None) -> TestResponse:
        client = self.app.test_client()
        client.set_cookie(self.form_cookie[0], self.form_cookie[2])
        built = call.rule.build(values)
        assert built
        options: dict[str, Any] = {
            "headers": {"X-CSRFToken": self.form_token, **(somebody.headers if somebody else {})}
        }
        body = BODIES.get(call.endpoint)
        if body is not None and call.method != "GET":
            options["json" if call.endpoint.startswith("api.") else "data"] = body
        return client.open(built[1], method=call.method, **options)


def expected_of(call: Call, name: str | None) -> str | None:
    """How this caller has to be refused, by what the route declares; None where anything else is right."""
    access = call.access
    if access.public:
        return None
    if name in (None, "disabled"):
        return "AUTHENTICATION_REQUIRED"
    if name == "newcomer" and not access.allow_password_change:
        return "PASSWORD_CHANGE_REQUIRED"
    if name == "coded" and not access.allow_code:
        return "SIGN_IN_NEEDS_CODE"
    if access.role and name != "admin":
        return "FORBIDDEN"
    if access.confirmed and name == "stale":
        return "CONFIRMATION_REQUIRED"
    return "404" if call.owned and not _may_see(call, name) else None


def _may_see(call: Call, name: str | None) -> bool:
    """Administrators look after users and their sign-ins, and see nothing else of what belongs to one."""
    return name == "admin" and (call.access.role == "admin" or call.rule.arguments == {"user_id"})


def _name_of(response: TestResponse) -> str:
    """The name of the failure; `404` for all that is not found, the status for everything else."""
    if response.status_code == 404:
        return "404"
    if response.status_code == 303 and response.location.startswith(_TO_SIGN_IN) and not _signs_out(response):
        return "AUTHENTICATION_REQUIRED"
    for place, name in _LED_TO.items():
        if response.status_code == 303 and response.location.startswith(place):
            return name
    if response.is_json and response.status_code >= 400:
        return str((response.get_json() or {}).get("error"))
    found = _CODE.search(response.text) if response.status_code >= 400 else None
    entry = find_code(found[1]) if found else None
    return entry.name if entry else str(response.status_code)


def _signs_out(response: TestResponse) -> bool:
    return any("Max-Age=0" in cookie for cookie in response.headers.getlist("Set-Cookie"))


def rows_of(user_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is stored of a user, by table."""
    tables = {name: table for name, table in Base.metadata.tables.items() if "user_id" in table.columns}
    with identity(user_id, reading=True) as session:
        found = {"users": session.execute(select(User.__table__).where(User.id == user_id)).all()}
        for name, table in tables.items():
            columns = [column for column in table.columns if column.name not in _RESTLESS]
            rows = session.execute(select(*columns).where(table.c.user_id == user_id)).all()
            found[name] = sorted(rows, key=repr)
    return {name: [tuple(row) for row in rows] for name, rows in found.items()}
