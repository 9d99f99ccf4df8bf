-- Written by `make sql` from versions/0031_inbox_place.py. To apply it: sqlite3 -bail troupe.db < migrations/0031_inbox_place.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0031 -> 0030

ALTER TABLE user_bot_status DROP COLUMN inbox_place;

UPDATE alembic_version SET version_num='0030' WHERE alembic_version.version_num = '0031';

COMMIT;
