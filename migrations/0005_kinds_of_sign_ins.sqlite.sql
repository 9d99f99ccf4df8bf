-- Written by `make sql` from versions/0005_kinds_of_sign_ins.py. To apply it: sqlite3 -bail troupe.db < migrations/0005_kinds_of_sign_ins.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0004 -> 0005

ALTER TABLE user_sessions ADD COLUMN kind VARCHAR(16) DEFAULT 'usual' NOT NULL;

ALTER TABLE pending_sign_ins ADD COLUMN remember BOOLEAN DEFAULT 0 NOT NULL;

ALTER TABLE account_requests ADD COLUMN told_at DATETIME;

UPDATE alembic_version SET version_num='0005' WHERE alembic_version.version_num = '0004';

COMMIT;
