"""Versions of the Instagram client that workers have run, and the app version of each session.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

from bot.storage.models.base import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

IDENTITY = "current_setting('app.identity', true) = 'on'"


def upgrade() -> None:
    op.create_table(
        "instagram_clients",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("app_version", sa.String(length=32), nullable=False),
        sa.Column("first_run_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("refused_at", UtcDateTime(), nullable=True),
        sa.Column("released_at", UtcDateTime(), nullable=True),
        sa.Column("released_by", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_instagram_clients")),
    )
    op.add_column("instagram_credentials", sa.Column("app_version", sa.String(length=32), nullable=True))
    if op.get_context().dialect.name == "postgresql":
        _make_app_versions()
        if op.get_context().opts["row_security"]:
            _secure()


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION app_versions()")
        if op.get_context().opts["row_security"]:
            op.execute("DROP POLICY app_versions ON instagram_credentials")
            op.execute("REVOKE SELECT (app_version, linked_at) ON instagram_credentials FROM troupe_clock")
    op.drop_column("instagram_credentials", "app_version")
    op.drop_table("instagram_clients")


def _make_app_versions() -> None:
    """Count the sessions of all users by their version of the app, for administrators."""
    op.execute(
        """
        CREATE FUNCTION app_versions() RETURNS TABLE (app_version text, sessions bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
          SELECT c.app_version, count(*) FROM public.instagram_credentials c
          WHERE c.linked_at IS NOT NULL GROUP BY c.app_version
        $$
        """
    )


def _secure() -> None:
    """Let everybody read why bots are held; the function's role sees only these columns of all users."""
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON instagram_clients TO troupe_app")
    op.execute("ALTER TABLE instagram_clients ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE instagram_clients FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope ON instagram_clients TO troupe_app USING ({IDENTITY}) WITH CHECK ({IDENTITY})")
    op.execute("CREATE POLICY for_all ON instagram_clients FOR SELECT TO troupe_app USING (true)")
    op.execute("GRANT SELECT (app_version, linked_at) ON instagram_credentials TO troupe_clock")
    op.execute("CREATE POLICY app_versions ON instagram_credentials FOR SELECT TO troupe_clock USING (true)")
    op.execute("REVOKE ALL ON FUNCTION app_versions() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION app_versions() TO troupe_app")
    op.execute("ALTER FUNCTION app_versions() OWNER TO troupe_clock")
