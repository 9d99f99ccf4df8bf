-- Written by `make sql` from versions/0016_action_names.py. To apply it: sqlite3 -bail troupe.db < migrations/0016_action_names.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0015 -> 0016

ALTER TABLE actions ADD COLUMN name VARCHAR(60);

UPDATE alembic_version SET version_num='0016' WHERE alembic_version.version_num = '0015';

COMMIT;
