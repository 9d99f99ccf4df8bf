-- Written by `make sql` from versions/0018_skipped_targets.py. To apply it: sqlite3 -bail troupe.db < migrations/0018_skipped_targets.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0018 -> 0017

DROP INDEX ix_action_targets_skipped;

UPDATE alembic_version SET version_num='0017' WHERE alembic_version.version_num = '0018';

COMMIT;
