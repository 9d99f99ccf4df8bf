-- Written by `make sql` from versions/0027_answers_of_accounts.py. To apply it: sqlite3 -bail troupe.db < migrations/0027_answers_of_accounts.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0026 -> 0027

ALTER TABLE answers ADD COLUMN account_id VARCHAR(32);

UPDATE alembic_version SET version_num='0027' WHERE alembic_version.version_num = '0026';

COMMIT;
