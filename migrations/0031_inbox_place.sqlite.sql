-- Written by `make sql` from versions/0031_inbox_place.py. To apply it: sqlite3 -bail troupe.db < migrations/0031_inbox_place.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0030 -> 0031

ALTER TABLE user_bot_status ADD COLUMN inbox_place JSON;

UPDATE alembic_version SET version_num='0031' WHERE alembic_version.version_num = '0030';

COMMIT;
