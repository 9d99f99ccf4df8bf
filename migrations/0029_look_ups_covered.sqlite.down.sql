-- Written by `make sql` from versions/0029_look_ups_covered.py. To apply it: sqlite3 -bail troupe.db < migrations/0029_look_ups_covered.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0029 -> 0028

DROP INDEX ix_action_targets_to_look_up;

CREATE INDEX ix_action_targets_to_look_up ON action_targets (user_id, action_id) WHERE look_up_at IS NOT NULL;

UPDATE alembic_version SET version_num='0028' WHERE alembic_version.version_num = '0029';

COMMIT;
