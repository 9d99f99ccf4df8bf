-- Written by `make sql` from versions/0011_instagram_clients.py. To apply it: sqlite3 -bail troupe.db < migrations/0011_instagram_clients.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0010 -> 0011

CREATE TABLE instagram_clients (
    version VARCHAR(64) NOT NULL,
    app_version VARCHAR(32) NOT NULL,
    first_run_at DATETIME NOT NULL,
    started_at DATETIME NOT NULL,
    refused_at DATETIME,
    released_at DATETIME,
    released_by VARCHAR(36),
    CONSTRAINT pk_instagram_clients PRIMARY KEY (version)
);

ALTER TABLE instagram_credentials ADD COLUMN app_version VARCHAR(32);

UPDATE alembic_version SET version_num='0011' WHERE alembic_version.version_num = '0010';

COMMIT;
