"""The export of a user's data as a zip: everything that a person can read, without secrets."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import inspect, or_, select

from bot.auth.sessions import SessionInfo
from bot.auth.throttle import record_attempt
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.history.activity import activity_csv
from bot.history.audit import audit
from bot.storage.costly import costly
from bot.storage.models import AuditEntry, Base, Tenant, TenantOrAll, User, UserSession
from bot.storage.models.values import AttemptKind
from bot.storage.tenancy import identity, tenant
from bot.vault.columns import sealed_columns, unseal

_IN_MEMORY = 4 * 1024 * 1024
_BATCH = 500
# Columns besides the sealed ones that hold nothing to read: they would let a person in, or mean nothing to anyone.
SECRET = {
    "users": {"password": "the hash of your password"},
    "user_sessions": {"token_hash": "the hash of a sign-in's token"},
    "known_devices": {"token_hash": "the hash of a device's token"},
    "account_requests": {"asked_with": "a mark of what was typed"},
    "idempotency_keys": {"request_digest": "a mark of what was sent"},
    "pending_sign_ins": {"token_hash": "the hash of what a sign-in has that waits for its code"},
    "recovery_codes": {"code_hash": "the hash of a recovery code", "lookup": "what tells recovery codes apart"},
    "mail_tokens": {"token_hash": "the hash of what a link in a mail carries"},
}
NOT_EXPORTED = {
    "bot_instances": "where on the server the memory file of your bot lies. That file is a cache of what Instagram "
    "shows of other people, forgets within days, and is removed with you",
}
"""Tables of a user that are not in the export, and the reasons."""


def export(user_id: str, visitor: Visitor) -> IO[bytes]:
    """Return the zip, positioned at its beginning. The caller closes it. It may grow larger than memory.

    Raises TOO_MANY_AT_ONCE and TOO_MANY_ATTEMPTS, because it reads everything. Commits.
    """
    with costly(user_id):
        # Counted under the id, for which no device is known. Otherwise each sign-in would get its own count.
        record_attempt(AttemptKind.EXPORT, user_id, visitor)
        with identity() as session:
            audit(session, "data_exported", actor_id=user_id, ip=visitor.ip)
            session.commit()
        return _packed(user_id)


def _packed(user_id: str) -> IO[bytes]:
    file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  the caller closes it
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _readme())
        for model in exported():
            with archive.open(f"{model.__tablename__}.json", "w") as part:
                part.writelines(_array(_rows(model, user_id)))
        with archive.open("audit_log.json", "w") as part:
            part.writelines(_array(_audited(user_id)))
        with archive.open("activity.csv", "w") as part:
            part.writelines(line.encode() for line in activity_csv(user_id))
    file.seek(0)
    return file


def file_name(user: SessionInfo) -> str:
    return f"troupe_{user.username}_{now():%Y%m%dT%H%M%SZ}.zip"


def exported() -> list[type[Base]]:
    """Return the exported tables of a user, by name."""
    models = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
    own = (name for name, model in models.items() if model is User or hasattr(model, "user_id"))
    return [models[name] for name in sorted(own) if name not in NOT_EXPORTED]


def columns_of(model: type[Base]) -> list[str]:
    """Return the exported columns of a table that are not sealed, by their names in the database."""
    secret = SECRET.get(model.__tablename__, {})
    columns = inspect(model).columns.items()
    return [name for name, column in columns if name not in sealed_columns(model) and column.name not in secret]


def opened_columns(model: type[Base]) -> dict[str, str]:
    """Return the sealed columns whose content the user may read, and the names under which it is exported."""
    columns = inspect(model).columns
    readable = (name for name in sealed_columns(model) if columns[name].info["exported"])
    return {name: columns[name].name.removesuffix("_encrypted") for name in readable}


def _rows(model: type[Base], user_id: str) -> Iterator[dict[str, Any]]:
    """Yield the user's own rows, without rows that belong to all users."""
    owner = model.id if model is User else model.user_id  # type: ignore[attr-defined]  # each has one
    query = select(model).where(owner == user_id).execution_options(yield_per=_BATCH)
    names = {name: inspect(model).columns[name].name for name in columns_of(model)}
    scoped = issubclass(model, Tenant | TenantOrAll | User | UserSession)
    with tenant(user_id, reading=True) if scoped else identity(user_id, reading=True) as session:
        for row in session.scalars(query):
            yield {shown: getattr(row, name) for name, shown in names.items()} | _opened(row)


def _opened(row: Base) -> dict[str, str | None]:
    """Return the opened texts of a row. The README says that one whose key is lost is null."""
    found: dict[str, str | None] = {}
    for name, shown in opened_columns(type(row)).items():
        found[shown] = None
        with suppress(BotException):
            found[shown] = unseal(row, name)
    return found


def _audited(user_id: str) -> Iterator[dict[str, Any]]:
    """Yield the audit entries about the user, without the address if another person acted."""
    concerned = or_(AuditEntry.actor_id == user_id, AuditEntry.subject_id == user_id)
    query = select(AuditEntry).where(concerned).order_by(AuditEntry.at).execution_options(yield_per=_BATCH)
    with identity(reading=True) as session:
        for row in session.scalars(query):
            own = row.actor_id == user_id
            by = {"by": "you", "ip": row.ip} if own else {"by": "somebody else" if row.actor_id else "the server"}
            yield {"at": row.at, "event": row.event, "detail": row.detail, **by}


def _array(rows: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    """Yield a JSON array, one row a line."""
    before = "[\n"
    for row in rows:
        yield (before + json.dumps(row, default=_plain, ensure_ascii=False)).encode()
        before = ",\n"
    yield b"\n]\n" if before == ",\n" else b"[]\n"


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _readme() -> str:
    files = {
        "activity.csv": "what your bot did, as a table for spreadsheet programs",
        "audit_log.json": "your sign-ins and changes, and what an admin did to your login",
        **{f"{model.__tablename__}.json": _first_line(model) for model in exported()},
    }
    width = max(map(len, files)) + 2
    lines = [
        "Everything that is stored of you here.",
        "",
        *(f"{name:<{width}}{what}" for name, what in files.items()),
        "",
        "Times are in UTC. A text that can no longer be decrypted, because its key is lost, is null.",
        "Not in here, because it opens doors and tells you nothing:",
    ]
    for model in exported():
        opened = opened_columns(model)
        lines += [f"- {model.__tablename__}.{name}: encrypted" for name in sealed_columns(model) if name not in opened]
        lines += [f"- {model.__tablename__}.{name}: {why}" for name, why in SECRET.get(model.__tablename__, {}).items()]
    lines += ["", "Not in here for another reason:"]
    lines += [f"- {table}: {why}" for table, why in NOT_EXPORTED.items()]
    return "\n".join(lines) + "\n"


def _first_line(model: type[Base]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0].rstrip(":")
