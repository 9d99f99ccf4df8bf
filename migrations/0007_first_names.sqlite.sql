-- Written by `make sql` from versions/0007_first_names.py. To apply it: sqlite3 -bail troupe.db < migrations/0007_first_names.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0006 -> 0007

ALTER TABLE action_targets ADD COLUMN first_name VARCHAR(64);

UPDATE alembic_version SET version_num='0007' WHERE alembic_version.version_num = '0006';

COMMIT;
