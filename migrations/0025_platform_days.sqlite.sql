-- Written by `make sql` from versions/0025_platform_days.py. To apply it: sqlite3 -bail troupe.db < migrations/0025_platform_days.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0024 -> 0025

CREATE TABLE platform_days (
    day DATE NOT NULL,
    step_kind VARCHAR(16) NOT NULL,
    measure VARCHAR(16) NOT NULL,
    outcome VARCHAR(16) NOT NULL,
    count INTEGER NOT NULL,
    users INTEGER NOT NULL,
    CONSTRAINT pk_platform_days PRIMARY KEY (day, step_kind, measure, outcome)
);

UPDATE alembic_version SET version_num='0025' WHERE alembic_version.version_num = '0024';

COMMIT;
