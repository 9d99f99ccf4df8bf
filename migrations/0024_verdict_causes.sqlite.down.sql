-- Written by `make sql` from versions/0024_verdict_causes.py. To apply it: sqlite3 -bail troupe.db < migrations/0024_verdict_causes.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0024 -> 0023

ALTER TABLE user_bot_status DROP COLUMN verdict_cause;

UPDATE alembic_version SET version_num='0023' WHERE alembic_version.version_num = '0024';

COMMIT;
