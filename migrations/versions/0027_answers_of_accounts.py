"""The account that an answer was written to. Of those before it is unknown.

Revision ID: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("answers", sa.Column("account_id", sa.String(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("answers", "account_id")
