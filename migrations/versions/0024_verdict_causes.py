"""The error that began a bot's rest, next to its verdict, and how many failures are refused requests.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# Name and parameters → columns of the answer and the query, as they were before this revision.
FUNCTIONS = {
    "fleet_bots()": (
        "user_id text, instagram_username text, verdict text, verdict_condition text, verdict_who text, "
        "verdict_kind text, verdict_rule text, verdict_since timestamptz, verdict_until timestamptz, "
        "verdict_due_at timestamptz, is_current boolean",
        """
          SELECT b.user_id, b.instagram_username, b.verdict, b.verdict_condition, b.verdict_who,
            b.verdict_kind, b.verdict_rule, b.verdict_since, b.verdict_until,
            b.verdict_due_at, b.verdict_revision IS NOT DISTINCT FROM b.revision
          FROM public.user_bot_status b
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
REFUSED = "count(*) FILTER (WHERE a.action = 'request')"
OTHER_USERS = "count(DISTINCT a.user_id) FILTER (WHERE a.action <> 'request')"
CHANGES = {
    "verdict_rule text,": "verdict_rule text, verdict_cause text,",
    "b.verdict_rule,": "b.verdict_rule, b.verdict_cause,",
    "users bigint,": "users bigint, refused bigint, failed_users bigint,",
    "count(DISTINCT a.user_id),": f"count(DISTINCT a.user_id), {REFUSED}, {OTHER_USERS},",
    "user_id text, count bigint,": "user_id text, count bigint, refused bigint,",
    "2 DESC, 3 DESC": "2 DESC, 4 DESC",
    "a.user_id, count(*),": f"a.user_id, count(*), {REFUSED},",
}


def upgrade() -> None:
    op.add_column("user_bot_status", sa.Column("verdict_cause", sa.String(64), nullable=True))
    if op.get_context().dialect.name == "postgresql":
        if op.get_context().opts["row_security"]:
            op.execute("GRANT SELECT (verdict_cause) ON user_bot_status TO troupe_clock")
        for signature, (columns, query) in FUNCTIONS.items():
            _make(signature, _changed(columns), _changed(query))


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for signature, (columns, query) in FUNCTIONS.items():
            _make(signature, columns, query)
        if op.get_context().opts["row_security"]:
            op.execute("REVOKE SELECT (verdict_cause) ON user_bot_status FROM troupe_clock")
    op.drop_column("user_bot_status", "verdict_cause")


def _changed(text: str) -> str:
    for before, after in CHANGES.items():
        text = text.replace(before, after)
    return text


def _make(signature: str, columns: str, query: str) -> None:
    """Replace a function that reads across tenants, with its rights."""
    op.execute(f"DROP FUNCTION {signature}")
    op.execute(
        f"CREATE FUNCTION {signature} RETURNS TABLE ({columns}) "
        f"LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $${query}$$"
    )
    if op.get_context().opts["row_security"]:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO troupe_app")
        op.execute(f"ALTER FUNCTION {signature} OWNER TO troupe_clock")
