"""The place that the phone of an Instagram account tells of, and where its proxy is.

Revision ID: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

LENGTHS = {"country": 2, "language": 3, "timezone": 64, "proxy_country": 2}


def upgrade() -> None:
    for name, length in LENGTHS.items():
        op.add_column("instagram_devices", sa.Column(name, sa.String(length=length), nullable=True))


def downgrade() -> None:
    for name in reversed(LENGTHS):
        op.drop_column("instagram_devices", name)
