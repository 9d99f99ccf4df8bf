"""Whose rows a database session may see: a tenant's session is one user's alone, in code and in the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

from sqlalchemy import Delete, Executable, Select, Table, Update, bindparam, event, inspect, or_, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, UOWTransaction, with_loader_criteria
from sqlalchemy.sql import FromClause, visitors
from sqlalchemy.sql.elements import ClauseElement, ColumnClause, TextClause

from bot.database import db
from bot.errors import BotException
from bot.models import Tenant, TenantOrAll, User, UserSession
from bot.models.base import Id


class TenantSession(Session):
    """A session that sees and writes the rows of one user only.

    Every ORM query is narrowed to `user_id`, a flush of anybody else's row raises SCOPE_VIOLATION, and raw or Core
    statements are refused. On PostgreSQL row-level security stands behind it.
    """

    user_id: str

    def connection(self, *_args: Any, **_options: Any) -> Connection:
        raise BotException("SCOPE_VIOLATION", what="connection")

    def _refuse_bulk(self, *_args: Any, **_options: Any) -> NoReturn:
        raise BotException("SCOPE_VIOLATION", what="bulk")

    bulk_save_objects = bulk_insert_mappings = bulk_update_mappings = _refuse_bulk


class IdentitySession(Session):
    """A session for who may sign in and for what belongs to nobody: no tenant's rows unless `user_id` names one."""

    user_id: str | None


def tenant(user_id: str, *, reading: bool = False) -> TenantSession:
    """The session of one user's rows. `reading` takes no write lock on SQLite; use it as a context manager."""
    session = TenantSession(db.engine.execution_options(reading=reading), expire_on_commit=False)
    session.user_id = user_id
    return session


def identity(user_id: str | None = None, *, reading: bool = False) -> IdentitySession:
    """The session of users and sign-ins; with `user_id` it may also make and remove that user's own rows."""
    session = IdentitySession(db.engine.execution_options(reading=reading), expire_on_commit=False)
    session.user_id = user_id
    return session


@contextmanager
def identity_within(session: TenantSession) -> Iterator[IdentitySession]:
    """An identity session of the tenant's user in the tenant's own transaction, for what is to change together.

    It is flushed at the end; the tenant's session commits both.
    """
    connection = Session.connection(session)
    with IdentitySession(connection, expire_on_commit=False) as joined:
        joined.user_id = session.user_id
        yield joined
        joined.flush()
    _tell(connection, session)


_current: ContextVar[str] = ContextVar("current")
# Filled in when a statement is executed, so that a narrowed statement serves everybody.
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
    if state.statement not in _narrowed:
        # Those of every step are made once, and so looked through and narrowed once.
        _narrowed[state.statement] = _narrow(state)
    if not state.is_select:
        _check_change(state)
    state.statement = _narrowed[state.statement]
    _current.set(session.user_id)


def _narrow(state: ORMExecuteState) -> Executable:
    """The statement for the rows of one user; reading also sees what holds for all: the default limits, and whom
    nobody may contact.
    """
    changing = state.is_update or state.is_delete
    if not state.is_orm_statement or not (state.is_select or changing) or not _is_plain(state):
        raise BotException("SCOPE_VIOLATION", what="statement")
    return state.statement.options(*_OWN, _CHANGED if changing else _READ)


def _is_plain(state: ORMExecuteState) -> bool:
    """Whether all of it is mapped: criteria do not reach text, nor tables named past their classes."""
    if not isinstance(state.statement, Select | Update | Delete) or state.bind_mapper is None:
        return False
    own = state.bind_mapper.local_table
    return all(_is_mapped(part, own) for part in visitors.iterate(state.statement))


def _is_mapped(part: object, own: FromClause) -> bool:
    if isinstance(part, Select):
        return not any(isinstance(column, Table) and not _belongs(column) for column in part._raw_columns)
    if isinstance(part, ColumnClause):
        # A look-up by key names the columns of the table itself, which the criteria narrow all the same.
        return _belongs(part) or part.table is own or (part.table is None and (not part.is_literal or part.name == "*"))
    return not isinstance(part, TextClause)


def _belongs(part: ClauseElement) -> bool:
    """Whether the table or column was named through its class."""
    return "parententity" in part._annotations


def _check_change(state: ORMExecuteState) -> None:
    """A change of many rows at once may not name its rows one by one, move them, or touch who may sign in."""
    mapper = state.bind_mapper
    values = getattr(state.statement, "_values", None) or {}
    moved = {"user_id"} & {getattr(column, "key", column) for column in values}
    if isinstance(state.parameters, list) or moved or mapper is None or mapper.class_ in (User, UserSession):
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
        # Who may sign in, and what belongs to nobody, is for an identity session.
        raise BotException("SCOPE_VIOLATION", what=type(row).__name__)
    before = _loaded_owner(row)
    if owner != user_id or before not in (None, user_id):
        raise BotException("SCOPE_VIOLATION", what=type(row).__name__)


def _loaded_owner(row: object) -> str | None:
    """The owner that the row had in the database, when the change would move it to another."""
    deleted = inspect(row).attrs["user_id"].history.deleted
    return deleted[0] if deleted else None


@event.listens_for(TenantSession, "after_begin")
@event.listens_for(IdentitySession, "after_begin")
def _tell_database(session: Any, _transaction: SessionTransaction, connection: Connection) -> None:
    _tell(connection, session)


def _tell(connection: Connection, session: Any) -> None:
    """Row-level security goes by these settings; they end with the transaction, so none leaks through the pool."""
    if connection.dialect.name != "postgresql":
        return
    identity_scope = "on" if isinstance(session, IdentitySession) else ""
    connection.execute(
        text("SELECT set_config('app.user_id', :user_id, true), set_config('app.identity', :identity, true)"),
        {"user_id": session.user_id or "", "identity": identity_scope},
    )
