-- Written by `make sql` from versions/0003_turns.py. To apply it: sqlite3 -bail troupe.db < migrations/0003_turns.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0003 -> 0002

ALTER TABLE actions DROP COLUMN last_turn_at;

UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0003';

COMMIT;
