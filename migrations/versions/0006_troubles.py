"""What kept a bot from its next step, so that its status says that.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_bot_status", sa.Column("trouble", sa.String(64), nullable=True))


def downgrade() -> None:
    op.drop_column("user_bot_status", "trouble")
