"""The throttle of strangers' attempts. It counts in the database, so it works without Redis."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.orm import Session

from bot.auth.devices import known_device
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.storage.engine import db
from bot.storage.models import Attempt
from bot.storage.models.values import AttemptKind
from bot.storage.tenancy import identity

WINDOW = timedelta(minutes=15)


@dataclass(frozen=True)
class AttemptLimits:
    """Attempts of one kind that pass within WINDOW.

    Attempts from a known device of the account count for that device alone, so that strangers cannot lock its owner
    out. All others count four times: for the account from this network, for the account from anywhere, for the network,
    and in total.
    """

    account_and_network: int
    account: int
    network: int
    in_all: int
    known_device: int


ATTEMPT_LIMITS: dict[AttemptKind, AttemptLimits] = {
    # A password at sign-in, the second factor, and a password that a signed-in user types again. The figures are ours.
    AttemptKind.SIGN_IN: AttemptLimits(10, 30, 50, 1000, 10),
    AttemptKind.CODE: AttemptLimits(5, 10, 30, 500, 5),
    AttemptKind.CONFIRM: AttemptLimits(10, 30, 50, 1000, 10),
    # A requested mail. At least one that arrived always still works.
    AttemptKind.RESET: AttemptLimits(3, 5, 20, 300, 3),
    AttemptKind.REGISTER: AttemptLimits(5, 5, 10, 100, 5),
    AttemptKind.VERIFY: AttemptLimits(10, 10, 30, 500, 10),
    # An export reads all data of a user. Successful ones count too.
    AttemptKind.EXPORT: AttemptLimits(3, 3, 30, 300, 3),
}
_OF_SIGN_IN = frozenset({AttemptKind.SIGN_IN, AttemptKind.CODE, AttemptKind.CONFIRM})
_WHY = {
    "known_device": "from this device",
    "account_and_network": "from your network",
    "account": "for this name, from several networks",
    "network": "from your network",
    "in_all": "from everywhere",
}


def record_attempt(kind: AttemptKind, name: str, visitor: Visitor) -> None:
    """Count an attempt before it is checked. clear_attempts removes it if it was right. Commits.

    Concurrent attempts pass no more often than consecutive ones, and a refused one costs no hash. `name` is the typed
    name, of an account or not. An empty name counts for no account. Raises TOO_MANY_SIGN_INS, or TOO_MANY_ATTEMPTS for
    resets, registrations, verifications and exports, with `retry_after` seconds.
    """
    name = _key(name)
    with identity() as session:
        _serialize_attempts(session, kind)
        device = known_device(session, name, visitor)
        attempt = Attempt(kind=kind, name=name, network=visitor.network, device_id=device, at=now())
        for counted, (count, oldest) in _counts(session, attempt).items():
            if count >= getattr(ATTEMPT_LIMITS[kind], counted):
                raise _refusal(kind, counted, oldest)
        session.add(attempt)
        session.commit()


def clear_attempts(kind: AttemptKind, name: str, visitor: Visitor) -> None:
    """Clear the count of this name from this network, or from this known device, after a success. Commits."""
    name = _key(name)
    with identity() as session:
        device = known_device(session, name, visitor)
        # A known device counts in every network.
        here = (
            Attempt.device_id == device
            if device
            else and_(Attempt.network == visitor.network, Attempt.device_id.is_(None))
        )
        session.execute(delete(Attempt).where(Attempt.kind == kind, Attempt.name == name, here))
        session.commit()


def remove_old_attempts() -> None:
    """Delete attempts that no longer count. The clock calls it. Commits."""
    with identity() as session:
        session.execute(delete(Attempt).where(Attempt.at <= now() - WINDOW))
        session.commit()


def _serialize_attempts(session: Session, kind: AttemptKind) -> None:
    """Let one attempt of a kind count at a time. The work that they ask for runs in parallel.

    SQLite's write lock does this already.
    """
    if db.engine.dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"attempts:{kind}"))))


def _counts(session: Session, attempt: Attempt) -> dict[str, tuple[int, datetime]]:
    """Return each count that the attempt belongs to, with the time of its oldest attempt."""
    recent = and_(Attempt.kind == attempt.kind, Attempt.at > now() - WINDOW)
    if attempt.device_id:
        return _read(session, and_(recent, Attempt.device_id == attempt.device_id), {"known_device": Attempt.id != ""})
    mine, name = Attempt.network == attempt.network, Attempt.name == attempt.name
    conditions = {"network": mine, "in_all": Attempt.id != ""}
    if attempt.name:
        conditions = {"account_and_network": mine & name, "account": name} | conditions
    return _read(session, and_(recent, Attempt.device_id.is_(None)), conditions)


def _read(
    session: Session, rows: ColumnElement[bool], conditions: dict[str, ColumnElement[bool]]
) -> dict[str, tuple[int, datetime]]:
    columns = [
        column.filter(condition)
        for condition in conditions.values()
        for column in (func.count(Attempt.id), func.min(Attempt.at))
    ]
    values: tuple[Any, ...] = tuple(session.execute(select(*columns).where(rows)).one())
    return dict(zip(conditions, zip(values[::2], values[1::2], strict=True), strict=True))


def _refusal(kind: AttemptKind, counted: str, oldest: datetime) -> BotException:
    wait = max(1, ceil((oldest + WINDOW - now()).total_seconds()))
    what = "wrong sign-ins" if kind in _OF_SIGN_IN else "attempts"
    why = "It was downloaded several times just now" if kind == "export" else f"Too many {what} came {_WHY[counted]}"
    message = f"{why}. Try again in {ceil(wait / 60)} minutes."
    return BotException("TOO_MANY_SIGN_INS" if kind in _OF_SIGN_IN else "TOO_MANY_ATTEMPTS", message, retry_after=wait)


def _key(name: str) -> str:
    return name.strip().lower()[:254]
