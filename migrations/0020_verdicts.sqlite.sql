-- Written by `make sql` from versions/0020_verdicts.py. To apply it: sqlite3 -bail troupe.db < migrations/0020_verdicts.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0019 -> 0020

ALTER TABLE user_bot_status ADD COLUMN verdict VARCHAR(64);

ALTER TABLE user_bot_status ADD COLUMN verdict_condition VARCHAR(16);

ALTER TABLE user_bot_status ADD COLUMN verdict_who VARCHAR(8);

ALTER TABLE user_bot_status ADD COLUMN verdict_kind VARCHAR(32);

ALTER TABLE user_bot_status ADD COLUMN verdict_rule VARCHAR(32);

ALTER TABLE user_bot_status ADD COLUMN verdict_since DATETIME;

ALTER TABLE user_bot_status ADD COLUMN verdict_until DATETIME;

ALTER TABLE user_bot_status ADD COLUMN verdict_at DATETIME;

ALTER TABLE user_bot_status ADD COLUMN verdict_revision INTEGER;

ALTER TABLE user_bot_status ADD COLUMN verdict_due_at DATETIME;

CREATE INDEX ix_activity_logs_failed ON activity_logs (at, error_code, user_id) WHERE status = 'failed';

UPDATE alembic_version SET version_num='0020' WHERE alembic_version.version_num = '0019';

COMMIT;
