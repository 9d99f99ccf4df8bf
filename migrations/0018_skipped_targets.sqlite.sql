-- Written by `make sql` from versions/0018_skipped_targets.py. To apply it: sqlite3 -bail troupe.db < migrations/0018_skipped_targets.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0017 -> 0018

CREATE INDEX ix_action_targets_skipped ON action_targets (user_id, finished_at, action_id, step_kind) WHERE status = 'skipped';

UPDATE alembic_version SET version_num='0018' WHERE alembic_version.version_num = '0017';

COMMIT;
