"""Answers of contacts, with sealed texts, and the settings that go with them.

Revision ID: 0022
"""

import sqlalchemy as sa
from alembic import op

from bot.storage.models.base import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TENANT = "NULLIF(current_setting('app.user_id', true), '')"
IDENTITY = "current_setting('app.identity', true) = 'on'"
NEW_EVENTS = ('"answer"', '"answer_stop"', '"answer_positive"')


def upgrade() -> None:
    _create_answers()
    op.add_column("bot_settings", sa.Column("positive_words", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("bot_settings", sa.Column("answer_days", sa.Integer(), server_default="180", nullable=False))
    op.add_column("contacts", sa.Column("forgotten_at", UtcDateTime(), nullable=True))
    _mute_new_events()
    if op.get_context().dialect.name == "postgresql" and op.get_context().opts["row_security"]:
        _secure()


def downgrade() -> None:
    _forget_new_events()
    op.drop_column("contacts", "forgotten_at")
    op.drop_column("bot_settings", "answer_days")
    op.drop_column("bot_settings", "positive_words")
    op.drop_table("answers")


def _create_answers() -> None:
    op.create_table(
        "answers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("instagram_id", sa.String(length=32), nullable=False),
        sa.Column("thread_id", sa.String(length=64), nullable=False),
        sa.Column("item_id", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("sort", sa.String(length=16), nullable=False),
        sa.Column("text_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("in_group", sa.Boolean(), nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=True),
        sa.Column("mark_by", sa.String(length=16), nullable=True),
        sa.Column("rule", sa.String(length=32), nullable=True),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("forget_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_answers_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("user_id", "item_id", name=op.f("uq_answers_user_id_item_id")),
    )
    op.create_index("ix_answers_user_id_instagram_id_at", "answers", ["user_id", "instagram_id", "at"])
    unread, kept = sa.text("read_at IS NULL"), sa.text("forget_at IS NOT NULL")
    op.create_index(
        "ix_answers_unread", "answers", ["user_id", "instagram_id"], sqlite_where=unread, postgresql_where=unread
    )
    op.create_index("ix_answers_kept", "answers", ["forget_at"], sqlite_where=kept, postgresql_where=kept)


def _mute_new_events() -> None:
    """No channel tells an event that its user has not chosen."""
    named = ", ".join(NEW_EVENTS)
    told = "CAST(muted AS TEXT)"
    _rewrite_muted(f"CASE WHEN {told} = '[]' THEN '[{named}]' ELSE replace({told}, ']', ', {named}]') END")


def _forget_new_events() -> None:
    """Leave the events that the version before knows."""
    op.execute("UPDATE alert_channels SET event = NULL, due_at = NULL WHERE event LIKE 'answer%'")
    told = "CAST(muted AS TEXT)"
    for name in NEW_EVENTS:
        for part in (f", {name}", f"{name}, ", name):
            told = f"replace({told}, '{part}', '')"
    _rewrite_muted(told)


def _rewrite_muted(text: str) -> None:
    value = f"CAST({text} AS JSON)" if op.get_context().dialect.name == "postgresql" else text
    op.execute(_MUTE.replace("MUTED", value))


_MUTE = "UPDATE alert_channels SET muted = MUTED"


def _secure() -> None:
    """Let a user's session see its own rows, and the clock, which empties old texts, all rows."""
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON answers TO troupe_app")
    op.execute("ALTER TABLE answers ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE answers FORCE ROW LEVEL SECURITY")
    scope = f"user_id = {TENANT} OR {IDENTITY}"
    op.execute(f"CREATE POLICY scope ON answers TO troupe_app USING ({scope}) WITH CHECK ({scope})")
