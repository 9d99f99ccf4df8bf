-- Written by `make sql` from versions/0009_device_names.py. To apply it: sqlite3 -bail troupe.db < migrations/0009_device_names.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0009 -> 0008

ALTER TABLE user_sessions DROP COLUMN device_id;

ALTER TABLE known_devices DROP COLUMN name;

UPDATE alembic_version SET version_num='0008' WHERE alembic_version.version_num = '0009';

COMMIT;
