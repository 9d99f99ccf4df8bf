-- Written by `make sql` from versions/0004_trace_requests.py. To apply it: sqlite3 -bail troupe.db < migrations/0004_trace_requests.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0003 -> 0004

ALTER TABLE alert_channels ADD COLUMN request_id VARCHAR(64);

ALTER TABLE alert_channels ADD COLUMN action_id VARCHAR(36);

ALTER TABLE alert_channels ADD COLUMN mail_id VARCHAR(36);

ALTER TABLE mails ADD COLUMN request_id VARCHAR(64);

ALTER TABLE user_bot_status ADD COLUMN limits_near JSON;

UPDATE alembic_version SET version_num='0004' WHERE alembic_version.version_num = '0003';

COMMIT;
