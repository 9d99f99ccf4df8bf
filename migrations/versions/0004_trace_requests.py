"""Alerts and mails keep the request and the order that they came from; a bot keeps when it was warned of a limit.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Columns of tables whose policies hold for every column.
COLUMNS: dict[str, dict[str, sa.types.TypeEngine[object]]] = {
    "alert_channels": {"request_id": sa.String(64), "action_id": sa.String(36), "mail_id": sa.String(36)},
    "mails": {"request_id": sa.String(64)},
    "user_bot_status": {"limits_near": sa.JSON()},
}


def upgrade() -> None:
    for table, columns in COLUMNS.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for table, columns in COLUMNS.items():
        for name in columns:
            op.drop_column(table, name)
