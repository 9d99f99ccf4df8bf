-- Written by `make sql` from versions/0015_phone_places.py. To apply it: sqlite3 -bail troupe.db < migrations/0015_phone_places.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0014 -> 0015

ALTER TABLE instagram_devices ADD COLUMN country VARCHAR(2);

ALTER TABLE instagram_devices ADD COLUMN language VARCHAR(3);

ALTER TABLE instagram_devices ADD COLUMN timezone VARCHAR(64);

ALTER TABLE instagram_devices ADD COLUMN proxy_country VARCHAR(2);

UPDATE alembic_version SET version_num='0015' WHERE alembic_version.version_num = '0014';

COMMIT;
