-- Written by `make sql` from versions/0008_generations.py. To apply it: sqlite3 -bail troupe.db < migrations/0008_generations.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0008 -> 0007

ALTER TABLE user_bot_status DROP COLUMN catching_up;

ALTER TABLE user_bot_status DROP COLUMN caught_up_at;

ALTER TABLE user_bot_status DROP COLUMN doubt_since;

ALTER TABLE user_bot_status DROP COLUMN doubted_at;

ALTER TABLE user_bot_status DROP COLUMN claim_number;

DROP TABLE generations;

UPDATE alembic_version SET version_num='0007' WHERE alembic_version.version_num = '0008';

COMMIT;
