-- Written by `make sql` from versions/0013_unknown_replies.py. To apply it: sqlite3 -bail troupe.db < migrations/0013_unknown_replies.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0012 -> 0013

CREATE TABLE unknown_replies (
    digest VARCHAR(64) NOT NULL,
    path VARCHAR(200) NOT NULL,
    http_status INTEGER NOT NULL,
    error_code VARCHAR(32) NOT NULL,
    client VARCHAR(64) NOT NULL,
    shape JSON NOT NULL,
    count INTEGER NOT NULL,
    first_seen_at DATETIME NOT NULL,
    last_seen_at DATETIME NOT NULL,
    CONSTRAINT pk_unknown_replies PRIMARY KEY (digest)
);

UPDATE alembic_version SET version_num='0013' WHERE alembic_version.version_num = '0012';

COMMIT;
