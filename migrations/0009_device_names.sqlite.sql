-- Written by `make sql` from versions/0009_device_names.py. To apply it: sqlite3 -bail troupe.db < migrations/0009_device_names.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0008 -> 0009

ALTER TABLE known_devices ADD COLUMN name VARCHAR(64);

ALTER TABLE user_sessions ADD COLUMN device_id VARCHAR(36);

UPDATE alembic_version SET version_num='0009' WHERE alembic_version.version_num = '0008';

COMMIT;
