-- Written by `make sql` from versions/0016_action_names.py. To apply it: sqlite3 -bail troupe.db < migrations/0016_action_names.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0016 -> 0015

ALTER TABLE actions DROP COLUMN name;

UPDATE alembic_version SET version_num='0015' WHERE alembic_version.version_num = '0016';

COMMIT;
