"""The device of each Instagram account from the first try on, and the ways by which a code can come.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

from bot.storage.models.base import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TENANT = "NULLIF(current_setting('app.user_id', true), '')"


def upgrade() -> None:
    op.create_table(
        "instagram_devices",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("device_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_instagram_devices_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instagram_devices")),
        sa.UniqueConstraint("user_id", "username", name=op.f("uq_instagram_devices_user_id_username")),
    )
    op.add_column("instagram_credentials", sa.Column("verification_method", sa.String(length=16), nullable=True))
    op.add_column("instagram_credentials", sa.Column("verification_methods", sa.JSON(), nullable=True))
    if op.get_context().dialect.name == "postgresql" and op.get_context().opts["row_security"]:
        _secure()


def downgrade() -> None:
    op.drop_column("instagram_credentials", "verification_methods")
    op.drop_column("instagram_credentials", "verification_method")
    op.drop_table("instagram_devices")


def _secure() -> None:
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON instagram_devices TO troupe_app")
    op.execute("ALTER TABLE instagram_devices ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE instagram_devices FORCE ROW LEVEL SECURITY")
    mine = f"user_id = {TENANT}"
    op.execute(f"CREATE POLICY scope ON instagram_devices TO troupe_app USING ({mine}) WITH CHECK ({mine})")
