-- Written by `make sql` from versions/0030_proof_of_absence.py. To apply it: sqlite3 -bail troupe.db < migrations/0030_proof_of_absence.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0030 -> 0029

ALTER TABLE relations DROP COLUMN no_since;

UPDATE alembic_version SET version_num='0029' WHERE alembic_version.version_num = '0030';

COMMIT;
