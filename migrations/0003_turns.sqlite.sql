-- Written by `make sql` from versions/0003_turns.py. To apply it: sqlite3 -bail troupe.db < migrations/0003_turns.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0002 -> 0003

ALTER TABLE actions ADD COLUMN last_turn_at DATETIME;

UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0002';

COMMIT;
