"""The days of all users: steps and what came of them, as numbers for administrators.

Revision ID: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

IDENTITY = "current_setting('app.identity', true) = 'on'"


def upgrade() -> None:
    op.create_table(
        "platform_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("step_kind", sa.String(length=16), nullable=False),
        sa.Column("measure", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("users", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "step_kind", "measure", "outcome", name=op.f("pk_platform_days")),
    )
    if op.get_context().dialect.name == "postgresql" and op.get_context().opts["row_security"]:
        _secure()


def downgrade() -> None:
    op.drop_table("platform_days")


def _secure() -> None:
    """Let only what acts for the whole platform read and write them."""
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON platform_days TO troupe_app")
    op.execute("ALTER TABLE platform_days ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE platform_days FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope ON platform_days TO troupe_app USING ({IDENTITY}) WITH CHECK ({IDENTITY})")
