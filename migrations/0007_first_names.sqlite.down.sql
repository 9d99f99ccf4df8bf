-- Written by `make sql` from versions/0007_first_names.py. To apply it: sqlite3 -bail troupe.db < migrations/0007_first_names.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0007 -> 0006

ALTER TABLE action_targets DROP COLUMN first_name;

UPDATE alembic_version SET version_num='0006' WHERE alembic_version.version_num = '0007';

COMMIT;
