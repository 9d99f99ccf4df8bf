"""The numbers of closed days, and triggers that tell when a row that they are counted from has changed.

Revision ID: 0032
"""

import sqlalchemy as sa
from alembic import op

from bot.storage.models.base import UtcDateTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TENANT = "NULLIF(current_setting('app.user_id', true), '')"
WATCHED = {
    "action_targets": (
        "action_id, source, step_kind, status, reason, person_id, account_id, recipient, followed_us, claimed_at, "
        "finished_at",
        "person_id = {row}.person_id",
    ),
    "messages": ("target_id, variant", "id = {row}.target_id"),
    "relations": (
        "account_id, person_id, followed_us_before, followed_at, requested_at, accepted_at, declined_at, back_at, "
        "seen_until, gone_at, no_since, no_until",
        "person_id = {row}.person_id",
    ),
    "contacts": ("instagram_id, answered_at, stopped_at, unread", "recipient = {row}.instagram_id"),
    "answers": ("instagram_id, account_id, at, in_group, mark", "recipient = {row}.instagram_id"),
}
"""Table → the columns that numbers are counted from, and the targets that a row of it belongs to."""
ROWS = {"INSERT": ("NEW",), "UPDATE": ("OLD", "NEW"), "DELETE": ("OLD",)}


def upgrade() -> None:
    op.create_table(
        "result_days",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("begins", UtcDateTime(), nullable=False),
        sa.Column("ends", UtcDateTime(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=True),
        sa.Column("counted_at", UtcDateTime(), nullable=True),
        sa.Column("good_until", UtcDateTime(), nullable=True),
        sa.Column("basis", sa.String(length=128), nullable=True),
        sa.Column("numbers", sa.JSON(), nullable=True),
        sa.Column("hours", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_result_days_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_days")),
        sa.UniqueConstraint("user_id", "begins", name=op.f("uq_result_days_user_id_begins")),
    )
    on_postgresql = op.get_context().dialect.name == "postgresql"
    if on_postgresql and op.get_context().opts["row_security"]:
        _secure()
    if on_postgresql:
        # A change of a day writes the row again, but not the numbers if they lie apart.
        op.execute("ALTER TABLE result_days SET (toast_tuple_target = 128)")
    for table in WATCHED:
        (_watch_on_postgresql if on_postgresql else _watch_on_sqlite)(table)


def downgrade() -> None:
    for table in reversed(WATCHED):
        if op.get_context().dialect.name == "postgresql":
            for change in ROWS:
                op.execute(f"DROP TRIGGER result_days_{change.lower()} ON {table}")
                op.execute(f"DROP FUNCTION result_days_{change.lower()}_{table}()")
        else:
            for change in ROWS:
                op.execute(f"DROP TRIGGER result_days_{change.lower()}_{table}")
    op.drop_table("result_days")


def _secure() -> None:
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON result_days TO troupe_app")
    op.execute("ALTER TABLE result_days ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE result_days FORCE ROW LEVEL SECURITY")
    mine = f"user_id = {TENANT}"
    op.execute(f"CREATE POLICY scope ON result_days TO troupe_app USING ({mine}) WITH CHECK ({mine})")


def _noted(table: str, change: str) -> str:
    """Return the statement that raises `changes` of the days of the row's targets, and of a target's own times."""
    rows = ROWS[change]
    times = [f"SELECT {row}.{at} AS at" for row in rows for at in ("claimed_at", "finished_at")]
    belongs = " OR ".join(WATCHED[table][1].format(row=row) for row in rows)
    user = f"user_id = {rows[0]}.user_id"
    of_targets = f"SELECT claimed_at AS at FROM action_targets WHERE {user} AND ({belongs})"  # noqa: S608  # nosec B608  no input
    found = " UNION ".join([*(times if table == "action_targets" else ()), of_targets])
    day = f"(SELECT max(begins) FROM result_days WHERE {user} AND begins <= found.at)"  # noqa: S608  # nosec B608  no input
    among = f"SELECT d.id FROM ({found}) found JOIN result_days d ON d.begins = {day}"  # noqa: S608  # nosec B608  no input
    days = f"id IN ({among} WHERE d.{user} AND d.ends > found.at)"
    return f"UPDATE result_days SET changes = changes + 1 WHERE {user} AND {days};"  # noqa: S608  # nosec B608  no input


def _when(table: str, change: str) -> str:
    return f"UPDATE OF {WATCHED[table][0]}" if change == "UPDATE" else change


def _watch_on_sqlite(table: str) -> None:
    for change in ROWS:
        name = f"result_days_{change.lower()}_{table}"
        op.execute(f"CREATE TRIGGER {name} AFTER {_when(table, change)} ON {table} BEGIN {_noted(table, change)} END")


def _watch_on_postgresql(table: str) -> None:
    for change in ROWS:
        name = f"result_days_{change.lower()}"
        body = f"BEGIN {_noted(table, change)} RETURN NULL; END"
        op.execute(f"CREATE FUNCTION {name}_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
        op.execute(
            f"CREATE TRIGGER {name} AFTER {_when(table, change)} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {name}_{table}()"
        )
