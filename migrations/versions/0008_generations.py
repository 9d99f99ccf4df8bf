"""Lives of the database and the numbers of claims, by which a restored database is noticed.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

from bot.storage.models.base import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

IDENTITY = "current_setting('app.identity', true) = 'on'"


def upgrade() -> None:
    op.create_table(
        "generations",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=True),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("released_at", UtcDateTime(), nullable=True),
        sa.Column("released_by", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_generations")),
        sa.UniqueConstraint("id", name=op.f("uq_generations_id")),
    )
    # Each is an ALTER TABLE of its own, so that SQLite copies no table.
    op.add_column("user_bot_status", sa.Column("claim_number", sa.Integer(), server_default="0", nullable=False))
    op.add_column("user_bot_status", sa.Column("doubted_at", UtcDateTime(), nullable=True))
    op.add_column("user_bot_status", sa.Column("doubt_since", UtcDateTime(), nullable=True))
    op.add_column("user_bot_status", sa.Column("caught_up_at", UtcDateTime(), nullable=True))
    op.add_column("user_bot_status", sa.Column("catching_up", sa.JSON(), nullable=True))
    if op.get_context().dialect.name == "postgresql":
        _make_claim_numbers()
        if op.get_context().opts["row_security"]:
            _secure()


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION claim_numbers()")
        if op.get_context().opts["row_security"]:
            op.execute("REVOKE SELECT (claim_number) ON user_bot_status FROM troupe_clock")
    for column in ("catching_up", "caught_up_at", "doubt_since", "doubted_at", "claim_number"):
        op.drop_column("user_bot_status", column)
    op.drop_table("generations")


def _make_claim_numbers() -> None:
    """What is compared with the memories when a process starts."""
    op.execute(
        """
        CREATE FUNCTION claim_numbers() RETURNS TABLE (user_id text, claim_number integer)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
          SELECT b.user_id, b.claim_number FROM public.user_bot_status b
        $$
        """
    )


def _secure() -> None:
    """Everybody may read of a restore; the function runs as the role that sees just this column of all users."""
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON generations TO troupe_app")
    op.execute("ALTER TABLE generations ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE generations FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope ON generations TO troupe_app USING ({IDENTITY}) WITH CHECK ({IDENTITY})")
    op.execute("CREATE POLICY for_all ON generations FOR SELECT TO troupe_app USING (true)")
    op.execute("GRANT SELECT (claim_number) ON user_bot_status TO troupe_clock")
    op.execute("REVOKE ALL ON FUNCTION claim_numbers() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION claim_numbers() TO troupe_app")
    op.execute("ALTER FUNCTION claim_numbers() OWNER TO troupe_clock")
