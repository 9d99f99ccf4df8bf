"""Rotation of master keys: the keys that values need, and sealing every value again with the first key."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import inspect, or_, select, update

from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.history.audit import audit
from bot.storage.models import Base, Tenant, User, VaultKey
from bot.storage.tenancy import IdentitySession, TenantSession, identity, tenant
from bot.vault.cipher import current_vault, key_of
from bot.vault.columns import binding, sealed_columns, unseal

BATCH = 200
PROGRESS_INTERVAL = 1000
# Values that change meanwhile are tried again in this number of rounds.
_MAX_ROUNDS = 3


@dataclass
class Rotation:
    """The result: values that were sealed again, values that changed first, places that do not open, and retired
    keys.
    """

    renewed: int = 0
    overtaken: int = 0
    refused: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class KeyState:
    """A master key, and the number of values that it sealed.

    `first` seals, `lost` was given up, and `retired_at` is the time since when no value needs the key.
    """

    id: str
    values: int
    configured: bool
    first: bool
    lost: bool
    retired_at: datetime | None


def sealed_models() -> list[type[Base]]:
    """Return every table with sealed columns, by name."""
    models = (mapper.class_ for mapper in Base.registry.mappers if sealed_columns(mapper.class_))
    return sorted(models, key=lambda model: model.__tablename__)


def rotate(tell: Callable[[str], None]) -> Rotation:
    """Seal every value of another key again with the first key, then retire the keys that no value needs.

    The system may run meanwhile: a value is replaced only if it is still the one that was opened. An interrupted run
    keeps its progress. Every process has to know the first key before. Commits as it goes.
    """
    done = Rotation()
    for _ in range(_MAX_ROUNDS):
        before = done.overtaken
        done.refused.clear()
        for model, user_id in _places(tell):
            for rows in _rows(model, user_id):
                reseal(model, user_id, rows, done)
        if done.overtaken == before:
            break
    done.retired = _retire(count_values())
    return done


def reseal(model: type[Base], user_id: str | None, rows: Sequence[Any], done: Rotation) -> None:
    """Seal the values of these rows that the first key has not sealed, and count the results. Commits."""
    vault = current_vault()
    old = [(row, name, value) for row, name, value in _values(model, rows) if key_of(value) != vault.current]
    if not old:
        return
    with _session(model, user_id) as session:
        for row, name, value in old:
            try:
                secret = unseal(row, name)
            except BotException:
                done.refused.append(f"{model.__tablename__}.{name} of row {row.id} (key {key_of(value)})")
                continue
            renewed = vault.seal(secret or "", **binding(row, name))
            same = inspect(model).columns["id"] == row.id, inspect(model).columns[name] == value
            query = update(model).where(*same).values({name: renewed}).returning(model.id)  # type: ignore[attr-defined]  # each has one
            if session.scalars(query.execution_options(synchronize_session=False)).first():
                done.renewed += 1
            else:
                done.overtaken += 1
        session.commit()


def count_values() -> Counter[tuple[str, str]]:
    """Return the number of values by column, like `users.totp_secret_encrypted`, and key id."""
    counts: Counter[tuple[str, str]] = Counter()
    for model, user_id in _places(lambda _line: None):
        for rows in _rows(model, user_id):
            counts.update((f"{model.__tablename__}.{name}", key_of(value)) for _, name, value in _values(model, rows))
    return counts


def key_states(counts: Counter[tuple[str, str]]) -> list[KeyState]:
    """Return every key that is configured, was seen here, or has sealed a value. The first key comes first."""
    vault, lost = current_vault(), runtime().config.lost_keys
    values: Counter[str] = Counter()
    for (_, key_id), count in counts.items():
        values[key_id] += count
    with identity(reading=True) as session:
        seen = {row.key_id: row.retired_at for row in session.scalars(select(VaultKey).order_by(VaultKey.created_at))}
    configured = vault.check_values()
    return [
        KeyState(
            key_id, values[key_id], key_id in configured, key_id == vault.current, key_id in lost, seen.get(key_id)
        )
        for key_id in dict.fromkeys([*configured, *seen, *values])
    ]


def _retire(counts: Counter[tuple[str, str]]) -> list[str]:
    """Mark the keys that no value needs, which may then be removed. Commits."""
    needed = {key_id for _, key_id in counts} | {current_vault().current}
    retired = []
    with identity() as session:
        for row in session.scalars(select(VaultKey)):
            if row.key_id in needed:
                row.retired_at = None
            elif row.retired_at is None:
                row.retired_at = now()
                retired.append(row.key_id)
        audit(session, "keys_rotated", actor_id=None, detail=f"to {current_vault().current}")
        session.commit()
    return retired


def _places(tell: Callable[[str], None]) -> Iterator[tuple[type[Base], str | None]]:
    """Yield every table with sealed columns. Tenants' tables come once for each user, as no session sees several
    users.
    """
    models = sealed_models()
    for model in models:
        if not issubclass(model, Tenant):
            yield model, None
    of_tenants = [model for model in models if issubclass(model, Tenant)]
    for number, user_id in enumerate(_user_ids(), 1):
        for model in of_tenants:
            yield model, user_id
        if number % PROGRESS_INTERVAL == 0:
            tell(f"{number} users")


def _user_ids() -> Iterator[str]:
    last = ""
    while True:
        with identity(reading=True) as session:
            ids = session.scalars(select(User.id).where(User.id > last).order_by(User.id).limit(BATCH)).all()
        if not ids:
            return
        yield from ids
        last = ids[-1]


def _rows(model: type[Base], user_id: str | None) -> Iterator[Sequence[Any]]:
    """Yield the rows of the table with a sealed value, of that user if the table is a tenant's."""
    columns = inspect(model).columns
    sealed = or_(*(columns[name].is_not(None) for name in sealed_columns(model)))
    last = ""
    while True:
        query = select(model).where(columns["id"] > last, sealed).order_by(columns["id"]).limit(BATCH)
        with _session(model, user_id, reading=True) as session:
            rows = session.scalars(query).all()
        if not rows:
            return
        yield rows
        last = rows[-1].id  # type: ignore[attr-defined]  # each has one


def _values(model: type[Base], rows: Sequence[Any]) -> Iterator[tuple[Any, str, bytes]]:
    """Yield row, column and value of every sealed value in these rows."""
    for row in rows:
        for name in sealed_columns(model):
            if (value := getattr(row, name)) is not None:
                yield row, name, value


def _session(model: type[Base], user_id: str | None, *, reading: bool = False) -> TenantSession | IdentitySession:
    return tenant(user_id, reading=reading) if user_id else identity(reading=reading)
