"""Row scope of database sessions. A tenant's session sees one user's rows, enforced in code and in the database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn, TypeVar, TypeVarTuple, cast, overload
from weakref import WeakKeyDictionary

from sqlalchemy import (
    CursorResult,
    Delete,
    Executable,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    event,
    inspect,
    or_,
    text,
)
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, SessionTransaction, UOWTransaction, with_loader_criteria
from sqlalchemy.sql import FromClause, visitors
from sqlalchemy.sql.elements import ClauseElement, ColumnClause, TextClause
from sqlalchemy.sql.selectable import TypedReturnsRows

from bot.core.errors import BotException
from bot.storage.engine import db
from bot.storage.models import Tenant, TenantOrAll, User, UserSession
from bot.storage.models.base import Id
from bot.storage.readings import Readings, present_readings

_Params = Mapping[str, Any] | list[Mapping[str, Any]]
Columns = TypeVarTuple("Columns")
AnySession = TypeVar("AnySession", "TenantSession", "IdentitySession")


class _ScopedSession(Session):
    """A session of one scope. `together` is the transaction of a page that it reads in, if any."""

    together: Readings | None = None

    def close(self) -> None:
        super().close()
        together, self.together = self.together, None
        if together:
            together.give_back()


class TenantSession(_ScopedSession):
    """A session that reads and writes the rows of one user only.

    It narrows every ORM query to `user_id`, raises SCOPE_VIOLATION on a flush of another user's row, and refuses raw
    and Core statements. On PostgreSQL, row-level security enforces the same.
    """

    user_id: str

    def connection(self, *_args: Any, **_options: Any) -> Connection:
        raise BotException("SCOPE_VIOLATION", what="connection")

    @overload
    def run(self, statement: TypedReturnsRows[*Columns], params: _Params | None = None) -> CursorResult[*Columns]: ...

    @overload
    def run(self, statement: Update | Delete | Insert, params: _Params | None = None) -> CursorResult[Any]: ...

    def run(self, statement: Executable, params: _Params | None = None) -> CursorResult[Any]:
        """Execute a prebuilt ORM statement, narrowed like any other, without the unit of work, which costs twice as
        much as the statement.

        Rows are columns, not entities. Nothing is flushed before or refreshed after. Inserted rows get the session's
        user.
        """
        _check_change(statement, params)
        narrowed = _narrowed_once(statement)
        if isinstance(narrowed, Insert):
            params = _own_rows(narrowed, params, self.user_id)
        _current.set(self.user_id)
        return Session.connection(self).execute(narrowed, params)

    def _refuse_bulk(self, *_args: Any, **_options: Any) -> NoReturn:
        raise BotException("SCOPE_VIOLATION", what="bulk")

    bulk_save_objects = bulk_insert_mappings = bulk_update_mappings = _refuse_bulk


class IdentitySession(_ScopedSession):
    """A session for sign-in and for shared tables. It sees no tenant's rows unless `user_id` names one."""

    user_id: str | None


def tenant(user_id: str, *, reading: bool = False) -> TenantSession:
    """Return a session for one user's rows. Use it as a context manager. `reading` takes no write lock on SQLite."""
    return _session(TenantSession, user_id, reading)


def identity(user_id: str | None = None, *, reading: bool = False) -> IdentitySession:
    """Return a session for users and sign-ins. With `user_id` it may also insert and delete that user's rows."""
    return _session(IdentitySession, user_id, reading)


def _session(kind: type[AnySession], user_id: Any, reading: bool) -> AnySession:
    together = present_readings()
    if together and not reading:
        together.renew()
    shared = together.take() if together and reading else None
    session = kind(shared or (db.reading_engine if reading else db.engine), expire_on_commit=False)
    session.user_id = user_id
    session.together = together if shared else None
    return session


@event.listens_for(_ScopedSession, "after_commit", propagate=True)
def _let_see(_session: Session) -> None:
    if together := present_readings():
        together.renew()


@contextmanager
def identity_within(session: TenantSession) -> Iterator[IdentitySession]:
    """Yield an identity session in the tenant's own transaction, for changes that belong together.

    It is flushed at the end. The tenant's session commits both.
    """
    connection = Session.connection(session)
    with IdentitySession(connection, expire_on_commit=False) as joined:
        joined.user_id = session.user_id
        yield joined
        joined.flush()
    _tell(connection, session)


_current: ContextVar[str] = ContextVar("current")
# Evaluated at execution, so one narrowed statement serves every user.
_OWNER = bindparam("scope_owner", callable_=_current.get, type_=Id)
_OWN = (
    with_loader_criteria(Tenant, lambda cls: cls.user_id == _OWNER, include_aliases=True),
    with_loader_criteria(User, lambda cls: cls.id == _OWNER, include_aliases=True),
    with_loader_criteria(UserSession, lambda cls: cls.user_id == _OWNER, include_aliases=True),
)
_CHANGED = with_loader_criteria(TenantOrAll, lambda cls: cls.user_id == _OWNER, include_aliases=True)
_READ = with_loader_criteria(
    TenantOrAll, lambda cls: or_(cls.user_id == _OWNER, cls.user_id.is_(None)), include_aliases=True
)
_narrowed: WeakKeyDictionary[Executable, Executable] = WeakKeyDictionary()


@event.listens_for(TenantSession, "do_orm_execute")
def _confine(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, TenantSession)  # noqa: S101  the listener is registered for this class
    if isinstance(state.statement, Insert):
        raise BotException("SCOPE_VIOLATION", what="statement")
    state.statement = _narrowed_once(state.statement)
    _check_change(state.statement, state.parameters)
    _current.set(session.user_id)


def _narrowed_once(statement: Executable) -> Executable:
    """Return the narrowed statement from a cache. Statements of steps exist once, so they are checked and narrowed
    once.
    """
    narrowed = _narrowed.get(statement)
    if narrowed is None:
        narrowed = _narrowed[statement] = _narrow(statement)
    return narrowed


def _narrow(statement: Executable) -> Executable:
    """Return the statement for the rows of one user.

    Reads also see shared rows: the default limits, and the people that no bot may contact.
    """
    mapper = _mapper_of(statement)
    if mapper is None or not isinstance(statement, Select | Update | Delete | Insert):
        raise BotException("SCOPE_VIOLATION", what="statement")
    if isinstance(statement, Insert):
        return _plain_insert(statement, mapper)
    if not all(_is_mapped(part, mapper.local_table) for part in visitors.iterate(statement)):
        # Criteria do not reach text, nor tables that are named without their classes.
        raise BotException("SCOPE_VIOLATION", what="statement")
    return statement.options(*_OWN, _READ if isinstance(statement, Select) else _CHANGED)


def _mapper_of(statement: Executable) -> Mapper[Any] | None:
    """Return the mapper that the statement is about, or None if it is no ORM statement."""
    subject = statement._propagate_attrs.get("plugin_subject")
    return cast(Mapper[Any], subject.mapper) if subject is not None else None


def _plain_insert(statement: Insert, mapper: Mapper[Any]) -> Insert:
    """Return the insert if it sets no values itself. Then the owner comes with its parameters."""
    says = statement._values or statement._multi_values or statement.select is not None
    if says or not issubclass(mapper.class_, Tenant):
        raise BotException("SCOPE_VIOLATION", what="statement")
    return statement


def _own_rows(statement: Insert, params: _Params | None, user_id: str) -> list[Mapping[str, Any]]:
    """Return the rows with the user as their owner.

    Raises TypeError for unknown columns, which SQLAlchemy would drop silently.
    """
    rows = params if isinstance(params, list) else [params or {}]
    if unknown := {name for row in rows for name in row if name not in statement.table.c}:
        raise TypeError(f"{statement.table} has no {', '.join(sorted(unknown))}")
    return [{**row, "user_id": user_id} for row in rows]


def _is_mapped(part: object, own: FromClause) -> bool:
    if isinstance(part, Select):
        return not any(isinstance(column, Table) and not _belongs(column) for column in part._raw_columns)
    if isinstance(part, ColumnClause):
        # A lookup by key names the columns of the table itself. The criteria narrow it too.
        return _belongs(part) or part.table is own or (part.table is None and (not part.is_literal or part.name == "*"))
    return not isinstance(part, TextClause)


def _belongs(part: ClauseElement) -> bool:
    """Return whether the table or column was named through its class."""
    return "parententity" in part._annotations


def _check_change(statement: Executable, parameters: object) -> None:
    """Refuse a bulk change that names its rows one by one, moves them to another user, or touches users and
    sign-ins.
    """
    if not isinstance(statement, Update | Delete):
        return
    mapper = _mapper_of(statement)
    moved = {"user_id"} & {getattr(column, "key", column) for column in getattr(statement, "_values", None) or {}}
    if isinstance(parameters, list) or moved or mapper is None or mapper.class_ in (User, UserSession):
        raise BotException("SCOPE_VIOLATION", what="change")


@event.listens_for(TenantSession, "before_flush")
def _refuse_strangers(session: TenantSession, _context: UOWTransaction, _instances: object) -> None:
    for row in [*session.new, *session.dirty, *session.deleted]:
        if session.is_modified(row) or row in session.new or row in session.deleted:
            _check_owner(session.user_id, row)


def _check_owner(user_id: str, row: object) -> None:
    if isinstance(row, Tenant | TenantOrAll):
        owner = row.user_id
    else:
        # Users, sign-ins and shared rows are for an identity session.
        raise BotException("SCOPE_VIOLATION", what=type(row).__name__)
    before = _loaded_owner(row)
    if owner != user_id or before not in (None, user_id):
        raise BotException("SCOPE_VIOLATION", what=type(row).__name__)


def _loaded_owner(row: object) -> str | None:
    """Return the owner that the row has in the database if the change would move it to another. Otherwise None."""
    deleted = inspect(row).attrs["user_id"].history.deleted
    return deleted[0] if deleted else None


@event.listens_for(TenantSession, "after_begin")
@event.listens_for(IdentitySession, "after_begin")
def _tell_database(session: Any, _transaction: SessionTransaction, connection: Connection) -> None:
    _tell(connection, session)


def _tell(connection: Connection, session: Any) -> None:
    """Set the variables that row-level security reads. They end with the transaction, so the pool leaks none."""
    if connection.dialect.name != "postgresql":
        return
    identity_scope = "on" if isinstance(session, IdentitySession) else ""
    if session.together and session.together.has_told((session.user_id, identity_scope)):
        return
    connection.execute(
        text("SELECT set_config('app.user_id', :user_id, true), set_config('app.identity', :identity, true)"),
        {"user_id": session.user_id or "", "identity": identity_scope},
    )
