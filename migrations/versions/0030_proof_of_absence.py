"""The time from which on it is proven that a person did not follow back, if readings missed the end of a window.

Revision ID: 0030
"""

import sqlalchemy as sa
from alembic import op

from bot.storage.models.base import UtcDateTime

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("relations", sa.Column("no_since", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("relations", "no_since")
