"""The name that a user gives an action.

Revision ID: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("actions", sa.Column("name", sa.String(length=60), nullable=True))


def downgrade() -> None:
    op.drop_column("actions", "name")
