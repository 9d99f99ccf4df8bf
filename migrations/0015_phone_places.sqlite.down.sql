-- Written by `make sql` from versions/0015_phone_places.py. To apply it: sqlite3 -bail troupe.db < migrations/0015_phone_places.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0015 -> 0014

ALTER TABLE instagram_devices DROP COLUMN proxy_country;

ALTER TABLE instagram_devices DROP COLUMN timezone;

ALTER TABLE instagram_devices DROP COLUMN language;

ALTER TABLE instagram_devices DROP COLUMN country;

UPDATE alembic_version SET version_num='0014' WHERE alembic_version.version_num = '0015';

COMMIT;
