"""The verdict of each bot as columns, and on PostgreSQL the function that reads them across tenants.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

from bot.storage.models.base import UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

COLUMNS = {
    "verdict": sa.String(64),
    "verdict_condition": sa.String(16),
    "verdict_who": sa.String(8),
    "verdict_kind": sa.String(32),
    "verdict_rule": sa.String(32),
    "verdict_since": UtcDateTime(),
    "verdict_until": UtcDateTime(),
    "verdict_at": UtcDateTime(),
    "verdict_revision": sa.Integer(),
    "verdict_due_at": UtcDateTime(),
}
# Those that were granted already are left out of the grant.
RIGHTS = f"SELECT ({', '.join(('instagram_username', *COLUMNS))})"
FAILED = sa.text("status = 'failed'")


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column("user_bot_status", sa.Column(name, kind, nullable=True))
    # Failures are few among all that bots do. Without this each question about them reads every line of the days.
    op.create_index(
        "ix_activity_logs_failed",
        "activity_logs",
        ["at", "error_code", "user_id"],
        sqlite_where=FAILED,
        postgresql_where=FAILED,
    )
    if op.get_context().dialect.name == "postgresql":
        _make_fleet_bots()
        if op.get_context().opts["row_security"]:
            _secure()


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION fleet_bots()")
        if op.get_context().opts["row_security"]:
            op.execute("REVOKE " + RIGHTS + " ON user_bot_status FROM troupe_clock")
    op.drop_index("ix_activity_logs_failed", "activity_logs")
    for name in reversed(COLUMNS):
        op.drop_column("user_bot_status", name)


def _make_fleet_bots() -> None:
    """Administrators read it of all bots, and the clock finds in it the verdicts that are out of date."""
    op.execute(
        """
        CREATE FUNCTION fleet_bots() RETURNS TABLE (
          user_id text, instagram_username text, verdict text, verdict_condition text, verdict_who text,
          verdict_kind text, verdict_rule text, verdict_since timestamptz, verdict_until timestamptz,
          verdict_due_at timestamptz, is_current boolean
        )
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
          SELECT b.user_id, b.instagram_username, b.verdict, b.verdict_condition, b.verdict_who,
            b.verdict_kind, b.verdict_rule, b.verdict_since, b.verdict_until,
            b.verdict_due_at, b.verdict_revision IS NOT DISTINCT FROM b.revision
          FROM public.user_bot_status b
        $$
        """
    )


def _secure() -> None:
    op.execute("GRANT " + RIGHTS + " ON user_bot_status TO troupe_clock")
    op.execute("REVOKE ALL ON FUNCTION fleet_bots() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION fleet_bots() TO troupe_app")
    op.execute("ALTER FUNCTION fleet_bots() OWNER TO troupe_clock")
