-- Written by `make sql` from versions/0006_troubles.py. To apply it: sqlite3 -bail troupe.db < migrations/0006_troubles.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0005 -> 0006

ALTER TABLE user_bot_status ADD COLUMN trouble VARCHAR(64);

UPDATE alembic_version SET version_num='0006' WHERE alembic_version.version_num = '0005';

COMMIT;
