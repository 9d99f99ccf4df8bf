-- Written by `make sql` from versions/0027_answers_of_accounts.py. To apply it: sqlite3 -bail troupe.db < migrations/0027_answers_of_accounts.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0027 -> 0026

ALTER TABLE answers DROP COLUMN account_id;

UPDATE alembic_version SET version_num='0026' WHERE alembic_version.version_num = '0027';

COMMIT;
