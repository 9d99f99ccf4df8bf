"""What users call their devices, and on which one a sign-in began.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("known_devices", sa.Column("name", sa.String(length=64), nullable=True))
    op.add_column("user_sessions", sa.Column("device_id", sa.String(length=36), nullable=True))


def downgrade() -> None:
    op.drop_column("user_sessions", "device_id")
    op.drop_column("known_devices", "name")
