"""Texts of replies that users type, sealed.

Revision ID: 0023
"""

import sqlalchemy as sa
from alembic import op

from bot.storage.models.base import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TENANT = "NULLIF(current_setting('app.user_id', true), '')"
IDENTITY = "current_setting('app.identity', true) = 'on'"


def upgrade() -> None:
    op.create_table(
        "reply_texts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("target_id", sa.String(length=36), nullable=False),
        sa.Column("text_encrypted", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("forget_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "target_id"],
            ["action_targets.user_id", "action_targets.id"],
            name=op.f("fk_reply_texts_user_id_action_targets"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_reply_texts_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_texts")),
        sa.UniqueConstraint("user_id", "target_id", name=op.f("uq_reply_texts_user_id_target_id")),
    )
    op.create_index("ix_reply_texts_forget_at", "reply_texts", ["forget_at"])
    if op.get_context().dialect.name == "postgresql" and op.get_context().opts["row_security"]:
        _secure()


def downgrade() -> None:
    """The version before knows neither this kind of action nor its kind of step."""
    op.drop_table("reply_texts")
    op.execute("DELETE FROM messages WHERE target_id IN (SELECT id FROM action_targets WHERE step_kind = 'reply')")
    op.execute("DELETE FROM action_targets WHERE step_kind = 'reply'")
    op.execute("DELETE FROM actions WHERE kind = 'reply'")
    op.execute("DELETE FROM activity_logs WHERE action = 'own_reply'")
    op.execute("DELETE FROM earlier_calls WHERE step_kind = 'reply'")
    op.execute("DELETE FROM cool_downs WHERE kind = 'reply'")
    op.execute("DELETE FROM daily_limits WHERE kind = 'reply'")


def _secure() -> None:
    """Let a user's session see its own rows, and the clock, which forgets old texts, all rows."""
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON reply_texts TO troupe_app")
    op.execute("ALTER TABLE reply_texts ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE reply_texts FORCE ROW LEVEL SECURITY")
    scope = f"user_id = {TENANT} OR {IDENTITY}"
    op.execute(f"CREATE POLICY scope ON reply_texts TO troupe_app USING ({scope}) WITH CHECK ({scope})")
