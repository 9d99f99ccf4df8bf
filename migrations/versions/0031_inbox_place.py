"""The place at which a reading of the inbox goes on, if it was too long for one job.

Revision ID: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_bot_status", sa.Column("inbox_place", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("user_bot_status", "inbox_place")
