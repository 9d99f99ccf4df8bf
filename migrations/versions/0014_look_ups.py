"""An index of the targets whose effect is to be looked up: they are few, and every step asks for them.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NAME, FEW = "ix_action_targets_to_look_up", sa.text("look_up_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(NAME, "action_targets", ["user_id", "action_id"], postgresql_where=FEW, sqlite_where=FEW)


def downgrade() -> None:
    op.drop_index(NAME, table_name="action_targets")
