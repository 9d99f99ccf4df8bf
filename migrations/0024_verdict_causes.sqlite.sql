-- Written by `make sql` from versions/0024_verdict_causes.py. To apply it: sqlite3 -bail troupe.db < migrations/0024_verdict_causes.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0023 -> 0024

ALTER TABLE user_bot_status ADD COLUMN verdict_cause VARCHAR(64);

UPDATE alembic_version SET version_num='0024' WHERE alembic_version.version_num = '0023';

COMMIT;
