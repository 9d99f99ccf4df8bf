-- Written by `make sql` from versions/0006_troubles.py. To apply it: sqlite3 -bail troupe.db < migrations/0006_troubles.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0006 -> 0005

ALTER TABLE user_bot_status DROP COLUMN trouble;

UPDATE alembic_version SET version_num='0005' WHERE alembic_version.version_num = '0006';

COMMIT;
