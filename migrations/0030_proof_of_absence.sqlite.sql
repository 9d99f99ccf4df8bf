-- Written by `make sql` from versions/0030_proof_of_absence.py. To apply it: sqlite3 -bail troupe.db < migrations/0030_proof_of_absence.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0029 -> 0030

ALTER TABLE relations ADD COLUMN no_since DATETIME;

UPDATE alembic_version SET version_num='0030' WHERE alembic_version.version_num = '0029';

COMMIT;
