"""Indexes of the people written to: by the time of the last message, and of those with more to read.

Each step and each page asks for the last message, the first since a time, and whether there is more to read.

Revision ID: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    more = sa.text("unread IS NOT NULL")
    op.create_index("ix_contacts_user_id_written_at", "contacts", ["user_id", "written_at"])
    op.create_index("ix_contacts_unread", "contacts", ["user_id"], sqlite_where=more, postgresql_where=more)


def downgrade() -> None:
    op.drop_index("ix_contacts_unread", "contacts")
    op.drop_index("ix_contacts_user_id_written_at", "contacts")
