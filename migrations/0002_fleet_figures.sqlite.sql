-- Written by `make sql` from versions/0002_fleet_figures.py. To apply it: sqlite3 -bail troupe.db < migrations/0002_fleet_figures.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0001 -> 0002

CREATE INDEX ix_activity_logs_at ON activity_logs (at);

UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0001';

COMMIT;
