-- Written by `make sql` from versions/0004_trace_requests.py. To apply it: sqlite3 -bail troupe.db < migrations/0004_trace_requests.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0004 -> 0003

ALTER TABLE alert_channels DROP COLUMN request_id;

ALTER TABLE alert_channels DROP COLUMN action_id;

ALTER TABLE alert_channels DROP COLUMN mail_id;

ALTER TABLE mails DROP COLUMN request_id;

ALTER TABLE user_bot_status DROP COLUMN limits_near;

UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0004';

COMMIT;
