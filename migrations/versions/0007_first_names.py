"""The first name that a list of people gives; until now a message made one of the full name.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("action_targets", sa.Column("first_name", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("action_targets", "first_name")
