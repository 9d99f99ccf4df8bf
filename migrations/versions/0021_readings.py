"""Relations of people to accounts, the counts of accounts by day, and the readings of their followers.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

from bot.storage.models.base import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TENANT = "NULLIF(current_setting('app.user_id', true), '')"
TABLES = ("relations", "account_days", "follower_reads")
TIMES = ("followed_at", "requested_at", "accepted_at", "declined_at", "back_at")
LATER_TIMES = ("seen_until", "gone_at", "no_until", "asked_at", "unfollowed_at")


def upgrade() -> None:
    _create_relations()
    _create_account_days()
    _create_follower_reads()
    op.add_column("action_targets", sa.Column("followed_us", sa.Boolean(), nullable=True))
    op.add_column("user_bot_status", sa.Column("measure_at", UtcDateTime(), nullable=True))
    op.add_column("messages", sa.Column("variant", sa.String(length=24), nullable=True))
    if op.get_context().dialect.name == "postgresql" and op.get_context().opts["row_security"]:
        for table in TABLES:
            _secure(table)


def downgrade() -> None:
    op.drop_column("messages", "variant")
    op.drop_column("user_bot_status", "measure_at")
    op.drop_column("action_targets", "followed_us")
    for table in reversed(TABLES):
        op.drop_table(table)


def _owner(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_user_id_users")
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=name, ondelete="CASCADE")


def _create_relations() -> None:
    op.create_table(
        "relations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=36), nullable=False),
        sa.Column("followed_us_before", sa.Boolean(), nullable=True),
        *(sa.Column(name, UtcDateTime(), nullable=True) for name in TIMES),
        sa.Column("back_by", sa.String(length=8), nullable=True),
        *(sa.Column(name, UtcDateTime(), nullable=True) for name in LATER_TIMES),
        _owner("relations"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_relations_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relations")),
        sa.UniqueConstraint(
            "user_id", "account_id", "person_id", name=op.f("uq_relations_user_id_account_id_person_id")
        ),
    )
    op.create_index(op.f("ix_relations_person_id"), "relations", ["person_id"])


def _create_account_days() -> None:
    op.create_table(
        "account_days",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("followers", "following", "posts")),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.Column("reads", sa.Integer(), nullable=False),
        _owner("account_days"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_days")),
        sa.UniqueConstraint("user_id", "account_id", "day", name=op.f("uq_account_days_user_id_account_id_day")),
    )


def _create_follower_reads() -> None:
    op.create_table(
        "follower_reads",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.Column("newest", sa.JSON(), nullable=False),
        sa.Column("unbroken_since", UtcDateTime(), nullable=True),
        sa.Column("broken", sa.Integer(), nullable=False),
        sa.Column("whole_at", UtcDateTime(), nullable=True),
        sa.Column("followers", sa.Integer(), nullable=True),
        sa.Column("gained", sa.Integer(), nullable=False),
        sa.Column("failed_at", UtcDateTime(), nullable=True),
        sa.Column("error_code", sa.String(length=32), nullable=True),
        _owner("follower_reads"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follower_reads")),
        sa.UniqueConstraint("user_id", name=op.f("uq_follower_reads_user_id")),
    )


def _secure(table: str) -> None:
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO troupe_app")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    mine = f"user_id = {TENANT}"
    op.execute(f"CREATE POLICY scope ON {table} TO troupe_app USING ({mine}) WITH CHECK ({mine})")
