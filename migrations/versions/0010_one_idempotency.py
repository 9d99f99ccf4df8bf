"""The keys of actions among those of all other requests. A record of an action has the id of the action.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Until now one key could be taken once for an action and once for something else: then the other one stays.
_MOVE = (
    "INSERT INTO idempotency_keys (id, user_id, key, request_digest, status, answer, created_at) "
    "SELECT id, user_id, idempotency_key, coalesce(request_digest, ''), 202, json_object('action_id', id), created_at "
    "FROM actions WHERE idempotency_key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM idempotency_keys AS taken "
    "WHERE taken.user_id = actions.user_id AND taken.key = actions.idempotency_key)"
)


def upgrade() -> None:
    on_postgresql = op.get_context().dialect.name == "postgresql"
    op.execute(_MOVE.replace("json_object", "json_build_object") if on_postgresql else _MOVE)
    with op.batch_alter_table("actions") as actions:
        actions.drop_constraint("uq_actions_user_id_idempotency_key", type_="unique")
        actions.drop_column("idempotency_key")
        actions.drop_column("request_digest")


def downgrade() -> None:
    with op.batch_alter_table("actions") as actions:
        actions.add_column(sa.Column("idempotency_key", sa.String(length=128), nullable=True))
        actions.add_column(sa.Column("request_digest", sa.String(length=64), nullable=True))
        actions.create_unique_constraint("uq_actions_user_id_idempotency_key", ["user_id", "idempotency_key"])
    op.execute(
        "UPDATE actions SET idempotency_key = (SELECT key FROM idempotency_keys WHERE idempotency_keys.id = actions.id)"
    )
    op.execute(
        "UPDATE actions SET request_digest = "
        "(SELECT request_digest FROM idempotency_keys WHERE idempotency_keys.id = actions.id)"
    )
    op.execute("DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM actions)")
