-- Written by `make sql` from versions/0014_look_ups.py. To apply it: sqlite3 -bail troupe.db < migrations/0014_look_ups.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0013 -> 0014

CREATE INDEX ix_action_targets_to_look_up ON action_targets (user_id, action_id) WHERE look_up_at IS NOT NULL;

UPDATE alembic_version SET version_num='0014' WHERE alembic_version.version_num = '0013';

COMMIT;
