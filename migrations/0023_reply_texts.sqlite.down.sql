-- Written by `make sql` from versions/0023_reply_texts.py. To apply it: sqlite3 -bail troupe.db < migrations/0023_reply_texts.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0023 -> 0022

DROP TABLE reply_texts;

DELETE FROM messages WHERE target_id IN (SELECT id FROM action_targets WHERE step_kind = 'reply');

DELETE FROM action_targets WHERE step_kind = 'reply';

DELETE FROM actions WHERE kind = 'reply';

DELETE FROM activity_logs WHERE action = 'own_reply';

DELETE FROM earlier_calls WHERE step_kind = 'reply';

DELETE FROM cool_downs WHERE kind = 'reply';

DELETE FROM daily_limits WHERE kind = 'reply';

UPDATE alembic_version SET version_num='0022' WHERE alembic_version.version_num = '0023';

COMMIT;
