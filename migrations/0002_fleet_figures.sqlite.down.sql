-- Written by `make sql` from versions/0002_fleet_figures.py. To apply it: sqlite3 -bail troupe.db < migrations/0002_fleet_figures.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0002 -> 0001

DROP INDEX ix_activity_logs_at;

UPDATE alembic_version SET version_num='0001' WHERE alembic_version.version_num = '0002';

COMMIT;
