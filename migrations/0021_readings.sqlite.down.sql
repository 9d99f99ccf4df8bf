-- Written by `make sql` from versions/0021_readings.py. To apply it: sqlite3 -bail troupe.db < migrations/0021_readings.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0021 -> 0020

ALTER TABLE messages DROP COLUMN variant;

ALTER TABLE user_bot_status DROP COLUMN measure_at;

ALTER TABLE action_targets DROP COLUMN followed_us;

DROP TABLE follower_reads;

DROP TABLE account_days;

DROP TABLE relations;

UPDATE alembic_version SET version_num='0020' WHERE alembic_version.version_num = '0021';

COMMIT;
