"""The three roles of PostgreSQL: the owner of the tables, the application, and the clock."""

from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from bot.config.environment import ConfigError

OWNER_ROLE = "troupe_owner"
APP_ROLE = "troupe_app"
CLOCK_ROLE = "troupe_clock"
ROLES = (OWNER_ROLE, APP_ROLE, CLOCK_ROLE)

# Since PostgreSQL 16 the creator of a role may grant it without being allowed to become it.
_BECOME = "CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END"
_ROLE_IS_THERE = "EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}')"
_ROLE_MAY = "EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}' AND {may})"
_INSUFFICIENT_PRIVILEGE = "42501"


@dataclass(frozen=True)
class Preparation:
    """One precondition of the first migration: the SQL condition that tests it, and the statement that establishes
    it.
    """

    holds: str
    statement: str

    @property
    def guarded(self) -> str:
        """The statement in a block that does nothing if the condition holds.

        Roles belong to the whole server, so the release of another database may create one at the same moment.
        """
        return (
            f"DO $$ BEGIN\n  IF NOT ({self.holds}) THEN\n    {self.statement};\n  END IF;\n"
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;\nEND $$"
        )


def _role(role: str) -> Preparation:
    return Preparation(
        _ROLE_IS_THERE.format(role=role),
        f"CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE",
    )


def _member(member: str, role: str, grantee: str) -> Preparation:
    may = f"pg_has_role({member}, oid, {_BECOME})"
    return Preparation(
        _ROLE_MAY.format(role=role, may=may),
        f"GRANT {role} TO {grantee}",
    )


def _schema(role: str, right: str) -> Preparation:
    may = f"has_schema_privilege(oid, 'public', '{right}')"
    return Preparation(
        _ROLE_MAY.format(role=role, may=may),
        f"GRANT {right} ON SCHEMA public TO {role}",
    )


PREPARATIONS = (
    *(_role(role) for role in ROLES),
    *(_member("current_user", role, "CURRENT_USER") for role in ROLES),
    *(_schema(role, "USAGE") for role in ROLES),
    _schema(OWNER_ROLE, "CREATE"),
    # The owner creates the functions of the clock's role and then transfers them.
    _schema(CLOCK_ROLE, "CREATE"),
    _member(f"'{OWNER_ROLE}'", CLOCK_ROLE, OWNER_ROLE),
)
"""In the order in which they have to run."""

_EACH_TABLE = """DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND {which} LOOP
    EXECUTE 'ALTER TABLE ' || name || ' {change} ROW LEVEL SECURITY';
  END LOOP;
END $$"""
LET_OWNER_SEE_ROWS = _EACH_TABLE.format(which="relforcerowsecurity", change="NO FORCE")
"""For the length of a migration, which would change no row otherwise."""
HOLD_OWNER_TO_POLICIES = _EACH_TABLE.format(which="relrowsecurity", change="FORCE")


# Tells if the tables were created with roles. Empty if there are no tables yet.
_SECURED = text("SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass('public.users')")


def check_roles(connection: Connection, *, single: bool) -> None:
    """Raise ConfigError if DATABASE_SINGLE_ROLE contradicts the way the tables were created."""
    secured = connection.scalar(_SECURED)
    if secured is not None and secured == single:
        made, setting = ("with", "take it away") if secured else ("without", "set it")
        raise ConfigError(
            f"DATABASE_SINGLE_ROLE: the tables of this database were made {made} roles: {setting}, or move the rows "
            "into a new database."
        )


class RolesMissing(Exception):
    """The login may not create the missing roles. `statements` are for an administrator of the server."""

    def __init__(self, statements: list[str]) -> None:
        super().__init__("The login of DATABASE_URL may not make the roles that are missing.")
        self.statements = statements


def prepare_roles(connection: Connection) -> None:
    """Create the missing roles and grants. Commits. Raises RolesMissing."""
    try:
        for preparation in PREPARATIONS:
            connection.execute(text(preparation.guarded))
        connection.commit()
    except ProgrammingError as error:
        connection.rollback()
        if getattr(error.orig, "sqlstate", None) != _INSUFFICIENT_PRIVILEGE:
            raise
        raise RolesMissing(_missing(connection)) from None


def _missing(connection: Connection) -> list[str]:
    login = connection.dialect.identifier_preparer.quote_identifier(str(connection.scalar(text("SELECT current_user"))))
    return [
        part.statement.replace("CURRENT_USER", login)
        for part in PREPARATIONS
        if not connection.scalar(text(f"SELECT {part.holds}"))
    ]
