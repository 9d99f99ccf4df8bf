-- Written by `make sql` from versions/0025_platform_days.py. To apply it: sqlite3 -bail troupe.db < migrations/0025_platform_days.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0025 -> 0024

DROP TABLE platform_days;

UPDATE alembic_version SET version_num='0024' WHERE alembic_version.version_num = '0025';

COMMIT;
