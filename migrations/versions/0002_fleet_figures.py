"""Figures over all users for administrators: an index by time, and on PostgreSQL functions that count across tenants.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Name and parameters → columns of the answer and the query. `since` is a time, days are of UTC.
FUNCTIONS = {
    "fleet_activity(since timestamptz)": (
        "day date, action text, status text, count bigint, users bigint",
        """
        SELECT (a.at AT TIME ZONE 'UTC')::date, a.action, a.status, count(*), count(DISTINCT a.user_id)
        FROM public.activity_logs a WHERE a.at >= since
        GROUP BY GROUPING SETS ((1, 2, 3), (1))
        """,
    ),
    "fleet_failures(since timestamptz)": (
        "error_code text, day date, count bigint, users bigint, first_at timestamptz, last_at timestamptz",
        """
        SELECT a.error_code, (a.at AT TIME ZONE 'UTC')::date, count(*), count(DISTINCT a.user_id), min(a.at), max(a.at)
        FROM public.activity_logs a WHERE a.at >= since AND a.status = 'failed' AND a.error_code IS NOT NULL
        GROUP BY GROUPING SETS ((1, 2), (1))
        """,
    ),
    "fleet_failures_by_user(since timestamptz, code text)": (
        "user_id text, count bigint, last_at timestamptz",
        """
        SELECT a.user_id, count(*), max(a.at)
        FROM public.activity_logs a WHERE a.at >= since AND a.error_code = code AND a.status = 'failed'
        GROUP BY 1 ORDER BY 2 DESC, 3 DESC LIMIT 100
        """,
    ),
}


def upgrade() -> None:
    op.create_index("ix_activity_logs_at", "activity_logs", ["at"])
    if op.get_context().dialect.name == "postgresql":
        for signature, (columns, query) in FUNCTIONS.items():
            op.execute(
                f"CREATE FUNCTION {signature} RETURNS TABLE ({columns}) "
                f"LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $${query}$$"
            )
        if op.get_context().opts["row_security"]:
            _let_the_clock_count()


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for signature in FUNCTIONS:
            op.execute(f"DROP FUNCTION {signature}")
        if op.get_context().opts["row_security"]:
            op.execute("DROP POLICY figures ON activity_logs")
            op.execute("REVOKE SELECT (user_id, at, action, status, error_code) ON activity_logs FROM troupe_clock")
    op.drop_index("ix_activity_logs_at", "activity_logs")


def _let_the_clock_count() -> None:
    """The functions run as the role that may read these columns of all users, and nothing else."""
    op.execute("GRANT SELECT (user_id, at, action, status, error_code) ON activity_logs TO troupe_clock")
    op.execute("CREATE POLICY figures ON activity_logs FOR SELECT TO troupe_clock USING (true)")
    for signature in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO troupe_app")
        op.execute(f"ALTER FUNCTION {signature} OWNER TO troupe_clock")
