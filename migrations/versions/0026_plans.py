"""Plans: the places that a target comes to, and the sources of an action.

Revision ID: 0026
"""

import sqlalchemy as sa
from alembic import op

from bot.storage.models.base import UtcDateTime

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TENANT = "NULLIF(current_setting('app.user_id', true), '')"
LATER = sa.text("node > 0 OR nth > 0")
# Rows that the version before cannot hold. To delete them would forget who was written to.
PLANS = (
    "(SELECT count(*) FROM actions WHERE kind = 'plan' OR id IN "
    "(SELECT action_id FROM action_targets WHERE node > 0 OR nth > 0))"
)
REFUSED = "actions are plans, which the version before does not know"


def upgrade() -> None:
    with op.batch_alter_table("action_targets") as targets:
        targets.add_column(sa.Column("node", sa.SmallInteger(), server_default="0", nullable=False))
        targets.add_column(sa.Column("nth", sa.SmallInteger(), server_default="0", nullable=False))
        targets.add_column(sa.Column("source", sa.SmallInteger(), nullable=True))
        targets.add_column(sa.Column("awaits", sa.String(length=20), nullable=True))
        targets.add_column(sa.Column("due_at", UtcDateTime(), nullable=True))
        targets.drop_constraint("uq_action_targets_action_id_target", type_="unique")
        targets.create_unique_constraint(
            "uq_action_targets_action_id_target_node_nth", ["action_id", "target", "node", "nth"]
        )
    op.create_index(
        "ix_action_targets_later",
        "action_targets",
        ["user_id", "action_id", "node", "due_at"],
        postgresql_where=LATER,
        sqlite_where=LATER,
    )
    op.create_table(
        "action_sources",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("action_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("label", sa.String(length=128), nullable=True),
        sa.Column("cursor", sa.String(length=2000), nullable=True),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("ended", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id", "action_id"],
            ["actions.user_id", "actions.id"],
            name=op.f("fk_action_sources_user_id_actions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_action_sources_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_sources")),
        sa.UniqueConstraint("action_id", "number", name=op.f("uq_action_sources_action_id_number")),
    )
    op.create_index("ix_action_sources_user_id", "action_sources", ["user_id"])
    # A search goes on where it was. The id of the action is unique among those of the parts, as each has one.
    op.execute(
        "INSERT INTO action_sources (id, user_id, action_id, number, cursor, asked, found, kept) "
        "SELECT id, user_id, id, 0, cursor, 1, 0, 0 FROM actions WHERE cursor IS NOT NULL"
    )
    op.drop_column("actions", "cursor")
    if op.get_context().dialect.name == "postgresql" and op.get_context().opts["row_security"]:
        _secure()


def downgrade() -> None:
    _refuse_plans()
    op.add_column("actions", sa.Column("cursor", sa.String(length=2000), nullable=True))
    op.execute(
        "UPDATE actions SET cursor = (SELECT cursor FROM action_sources WHERE action_id = actions.id AND number = 0)"
    )
    op.drop_table("action_sources")
    op.drop_index("ix_action_targets_later", table_name="action_targets")
    with op.batch_alter_table("action_targets") as targets:
        targets.drop_constraint("uq_action_targets_action_id_target_node_nth", type_="unique")
        targets.create_unique_constraint("uq_action_targets_action_id_target", ["action_id", "target"])
        for name in ("node", "nth", "source", "awaits", "due_at"):
            targets.drop_column(name)


def _refuse_plans() -> None:
    if op.get_context().dialect.name == "postgresql":
        message = f"{PLANS} || ' {REFUSED}'"
        op.execute(f"DO $$ BEGIN IF {PLANS} > 0 THEN RAISE EXCEPTION USING MESSAGE = {message}; END IF; END $$")
        return
    # SQLite raises errors in triggers alone, with a text that is known before: the name of a constraint is that too.
    op.execute(f'CREATE TEMP TABLE plans (number INTEGER CONSTRAINT "{REFUSED}" CHECK (number = 0))')
    op.execute(f"INSERT INTO plans (number) SELECT {PLANS}")
    op.execute("DROP TABLE plans")


def _secure() -> None:
    """Let a user's session see its own rows, and no other."""
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON action_sources TO troupe_app")
    op.execute("ALTER TABLE action_sources ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE action_sources FORCE ROW LEVEL SECURITY")
    mine = f"user_id = {TENANT}"
    op.execute(f"CREATE POLICY scope ON action_sources TO troupe_app USING ({mine}) WITH CHECK ({mine})")
