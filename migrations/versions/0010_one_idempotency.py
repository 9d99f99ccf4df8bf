"""The keys of actions among those of all other requests. A record of an action has the id of the action.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_OBJECT = {"postgresql": "json_build_object", "sqlite": "json_object"}


def upgrade() -> None:
    answer = f"{_OBJECT[op.get_context().dialect.name]}('action_id', id)"
    # Until now one key could be taken once for an action and once for something else: then the other one stays.
    op.execute(
        "INSERT INTO idempotency_keys (id, user_id, key, request_digest, status, answer, created_at) "  # noqa: S608
        f"SELECT id, user_id, idempotency_key, coalesce(request_digest, ''), 202, {answer}, created_at FROM actions "
        "WHERE idempotency_key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM idempotency_keys AS taken "
        "WHERE taken.user_id = actions.user_id AND taken.key = actions.idempotency_key)"
    )
    with op.batch_alter_table("actions") as actions:
        actions.drop_constraint("uq_actions_user_id_idempotency_key", type_="unique")
        actions.drop_column("idempotency_key")
        actions.drop_column("request_digest")


def downgrade() -> None:
    with op.batch_alter_table("actions") as actions:
        actions.add_column(sa.Column("idempotency_key", sa.String(length=128), nullable=True))
        actions.add_column(sa.Column("request_digest", sa.String(length=64), nullable=True))
        actions.create_unique_constraint("uq_actions_user_id_idempotency_key", ["user_id", "idempotency_key"])
    for column, moved in (("idempotency_key", "key"), ("request_digest", "request_digest")):
        op.execute(
            f"UPDATE actions SET {column} = "  # noqa: S608
            f"(SELECT {moved} FROM idempotency_keys WHERE idempotency_keys.id = actions.id)"
        )
    op.execute("DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM actions)")
