"""The index of the targets to look up has all that a step asks of it.

SQLite has no statistics, so of the indexes that begin with the user it took the one that it read last from its schema.
Since 0026 rebuilt the table, their order was the order of a set of Python, and half of the databases read all targets
of a user in each step.

Revision ID: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

NAME, FEW = "ix_action_targets_to_look_up", sa.text("look_up_at IS NOT NULL")


def upgrade() -> None:
    _index("user_id", "action_id", "look_up_at", "account_id")


def downgrade() -> None:
    _index("user_id", "action_id")


def _index(*columns: str) -> None:
    op.drop_index(NAME, table_name="action_targets")
    op.create_index(NAME, "action_targets", columns, postgresql_where=FEW, sqlite_where=FEW)
