"""The people that a user's bot has met, each under one id of ours, and the targets that concern them.

Revision ID: 0017
"""

import sqlalchemy as sa
from alembic import op

from bot.storage.models.base import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TENANT = "NULLIF(current_setting('app.user_id', true), '')"
# The id of a post is `<number>_<author's id>`. One without an author belongs to no known person.
AUTHOR = {
    "postgresql": "NULLIF(split_part(t.instagram_id, '_', 2), '')",
    "sqlite": "CASE WHEN instr(t.instagram_id, '_') > 0 "
    "THEN NULLIF(substr(t.instagram_id, instr(t.instagram_id, '_') + 1), '') END",
}


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("instagram_id", sa.String(length=32), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_people_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("user_id", "instagram_id", name=op.f("uq_people_user_id_instagram_id")),
    )
    op.add_column("action_targets", sa.Column("person_id", sa.String(length=36), nullable=True))
    _fill(op.get_context().dialect.name)
    op.create_index("ix_people_user_id_username", "people", ["user_id", "username"])
    op.create_index("ix_people_user_id_seen_at_id", "people", ["user_id", "seen_at", "id"])
    op.create_index("ix_action_targets_person_id", "action_targets", ["person_id"])
    if op.get_context().dialect.name == "postgresql" and op.get_context().opts["row_security"]:
        _secure()


def downgrade() -> None:
    op.drop_index("ix_action_targets_person_id", table_name="action_targets")
    op.drop_column("action_targets", "person_id")
    op.drop_table("people")


def _fill(dialect: str) -> None:
    """Make a person of each Instagram id in the ledger, under the name of the latest sighting and the id of its row.

    An action that unfollows takes its names from the follows before, so it sees no one.
    """
    known_id = f"CASE WHEN t.step_kind = 'like' THEN {AUTHOR[dialect]} ELSE t.instagram_id END"
    op.execute(_MEET.replace("KNOWN_ID", known_id))
    op.execute(_POINT.replace("KNOWN_ID", known_id))


_MEET = """
        INSERT INTO people (id, user_id, instagram_id, username, seen_at)
        SELECT source, user_id, known_id, name, seen_at FROM (
          SELECT source, user_id, known_id, name, seen_at,
            row_number() OVER (PARTITION BY user_id, known_id ORDER BY sees DESC, seen_at DESC, source DESC) AS place
          FROM (
            SELECT t.user_id, KNOWN_ID AS known_id, t.person AS name, t.created_at AS seen_at, t.id AS source,
              CASE WHEN t.step_kind = 'unfollow' THEN 0 ELSE 1 END AS sees
            FROM action_targets t
            UNION ALL
            SELECT c.user_id, c.instagram_id, c.username, c.written_at, c.id, 1 FROM contacts c
          ) sightings WHERE known_id IS NOT NULL AND known_id <> '' AND length(known_id) <= 32
        ) ranked WHERE place = 1
        """
_POINT = """
        UPDATE action_targets AS t SET person_id = (
          SELECT p.id FROM people p WHERE p.user_id = t.user_id AND p.instagram_id = KNOWN_ID
        ) WHERE t.instagram_id IS NOT NULL
        """


def _secure() -> None:
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON people TO troupe_app")
    op.execute("ALTER TABLE people ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE people FORCE ROW LEVEL SECURITY")
    mine = f"user_id = {TENANT}"
    op.execute(f"CREATE POLICY scope ON people TO troupe_app USING ({mine}) WITH CHECK ({mine})")
