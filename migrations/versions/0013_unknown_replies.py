"""The shapes of replies of Instagram that were not understood.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

from bot.storage.models.base import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

IDENTITY = "current_setting('app.identity', true) = 'on'"


def upgrade() -> None:
    op.create_table(
        "unknown_replies",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(length=32), nullable=False),
        sa.Column("client", sa.String(length=64), nullable=False),
        sa.Column("shape", sa.JSON(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_unknown_replies")),
    )
    if op.get_context().dialect.name == "postgresql" and op.get_context().opts["row_security"]:
        _secure()


def downgrade() -> None:
    op.drop_table("unknown_replies")


def _secure() -> None:
    """Let only what acts for the whole platform read and write them."""
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON unknown_replies TO troupe_app")
    op.execute("ALTER TABLE unknown_replies ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE unknown_replies FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope ON unknown_replies TO troupe_app USING ({IDENTITY}) WITH CHECK ({IDENTITY})")
