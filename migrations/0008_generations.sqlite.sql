-- Written by `make sql` from versions/0008_generations.py. To apply it: sqlite3 -bail troupe.db < migrations/0008_generations.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0007 -> 0008

CREATE TABLE generations (
    number INTEGER NOT NULL,
    id VARCHAR(36) NOT NULL,
    cause VARCHAR(16),
    began_at DATETIME NOT NULL,
    released_at DATETIME,
    released_by VARCHAR(36),
    CONSTRAINT pk_generations PRIMARY KEY (number),
    CONSTRAINT uq_generations_id UNIQUE (id)
);

ALTER TABLE user_bot_status ADD COLUMN claim_number INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE user_bot_status ADD COLUMN doubted_at DATETIME;

ALTER TABLE user_bot_status ADD COLUMN doubt_since DATETIME;

ALTER TABLE user_bot_status ADD COLUMN caught_up_at DATETIME;

ALTER TABLE user_bot_status ADD COLUMN catching_up JSON;

UPDATE alembic_version SET version_num='0008' WHERE alembic_version.version_num = '0007';

COMMIT;
