"""An index of skipped targets by their time: the results of a period count them, and they are most of its rows.

Revision ID: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NAME, SKIPPED = "ix_action_targets_skipped", sa.text("status = 'skipped'")
COLUMNS = ["user_id", "finished_at", "action_id", "step_kind"]


def upgrade() -> None:
    op.create_index(NAME, "action_targets", COLUMNS, postgresql_where=SKIPPED, sqlite_where=SKIPPED)


def downgrade() -> None:
    op.drop_index(NAME, table_name="action_targets")
