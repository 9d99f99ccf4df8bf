-- Written by `make sql` from versions/0011_instagram_clients.py. To apply it: sqlite3 -bail troupe.db < migrations/0011_instagram_clients.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0011 -> 0010

ALTER TABLE instagram_credentials DROP COLUMN app_version;

DROP TABLE instagram_clients;

UPDATE alembic_version SET version_num='0010' WHERE alembic_version.version_num = '0011';

COMMIT;
