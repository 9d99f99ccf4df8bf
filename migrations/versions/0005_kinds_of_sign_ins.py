"""Kinds of sign-ins: remembered ones, and ids of the first version; when a stranger was told Instagram's answer.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_sessions", sa.Column("kind", sa.String(16), nullable=False, server_default="usual"))
    op.add_column("pending_sign_ins", sa.Column("remember", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("account_requests", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    # Without its kind an id of the first version would open everything.
    op.execute("DELETE FROM user_sessions WHERE kind = 'first_version'")
    op.drop_column("account_requests", "told_at")
    op.drop_column("pending_sign_ins", "remember")
    op.drop_column("user_sessions", "kind")
