-- Written by `make sql` from versions/0020_verdicts.py. To apply it: sqlite3 -bail troupe.db < migrations/0020_verdicts.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0020 -> 0019

DROP INDEX ix_activity_logs_failed;

ALTER TABLE user_bot_status DROP COLUMN verdict_due_at;

ALTER TABLE user_bot_status DROP COLUMN verdict_revision;

ALTER TABLE user_bot_status DROP COLUMN verdict_at;

ALTER TABLE user_bot_status DROP COLUMN verdict_until;

ALTER TABLE user_bot_status DROP COLUMN verdict_since;

ALTER TABLE user_bot_status DROP COLUMN verdict_rule;

ALTER TABLE user_bot_status DROP COLUMN verdict_kind;

ALTER TABLE user_bot_status DROP COLUMN verdict_who;

ALTER TABLE user_bot_status DROP COLUMN verdict_condition;

ALTER TABLE user_bot_status DROP COLUMN verdict;

UPDATE alembic_version SET version_num='0019' WHERE alembic_version.version_num = '0020';

COMMIT;
