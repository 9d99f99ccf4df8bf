"""Changes of settings that can be undone, daily digests, muted alerts, and forms that wait for a confirmation.

Revision ID: 0019
"""

import sqlalchemy as sa
from alembic import op

from bot.storage.models.base import UtcDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TENANT = "NULLIF(current_setting('app.user_id', true), '')"
IDENTITY = "current_setting('app.identity', true) = 'on'"
TABLES = ("settings_changes", "digests")


def upgrade() -> None:
    _create_settings_changes()
    _create_digests()
    op.add_column("alert_channels", sa.Column("muted", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("user_sessions", sa.Column("kept_form_encrypted", sa.LargeBinary(), nullable=True))
    op.add_column("user_sessions", sa.Column("kept_form_at", UtcDateTime(), nullable=True))
    kept = sa.text("kept_form_at IS NOT NULL")
    op.create_index(
        op.f("ix_user_sessions_kept_form_at"),
        "user_sessions",
        ["kept_form_at"],
        postgresql_where=kept,
        sqlite_where=kept,
    )
    if op.get_context().dialect.name == "postgresql" and op.get_context().opts["row_security"]:
        for table in TABLES:
            _secure(table)


def downgrade() -> None:
    op.drop_index(op.f("ix_user_sessions_kept_form_at"), "user_sessions")
    op.drop_column("user_sessions", "kept_form_at")
    op.drop_column("user_sessions", "kept_form_encrypted")
    op.drop_column("alert_channels", "muted")
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_settings_changes() -> None:
    op.create_table(
        "settings_changes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_settings_changes_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settings_changes")),
    )
    for column in ("user_id", "created_at"):
        op.create_index(op.f(f"ix_settings_changes_{column}"), "settings_changes", [column])


def _create_digests() -> None:
    op.create_table(
        "digests",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_digests_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digests")),
        sa.UniqueConstraint("user_id", name=op.f("uq_digests_user_id")),
    )
    op.create_index(op.f("ix_digests_due_at"), "digests", ["due_at"])


def _secure(table: str) -> None:
    """Let a user's session see its own rows, and the clock, which sends and deletes, all rows."""
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO troupe_app")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    scope = f"user_id = {TENANT} OR {IDENTITY}"
    op.execute(f"CREATE POLICY scope ON {table} TO troupe_app USING ({scope}) WITH CHECK ({scope})")
