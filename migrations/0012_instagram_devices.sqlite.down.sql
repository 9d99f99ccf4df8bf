-- Written by `make sql` from versions/0012_instagram_devices.py. To apply it: sqlite3 -bail troupe.db < migrations/0012_instagram_devices.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0012 -> 0011

ALTER TABLE instagram_credentials DROP COLUMN verification_methods;

ALTER TABLE instagram_credentials DROP COLUMN verification_method;

DROP TABLE instagram_devices;

UPDATE alembic_version SET version_num='0011' WHERE alembic_version.version_num = '0012';

COMMIT;
