-- Written by `make sql` from versions/0032_result_days.py. To apply it: sqlite3 -bail troupe.db < migrations/0032_result_days.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0032 -> 0031

DROP TRIGGER result_days_insert_answers;

DROP TRIGGER result_days_update_answers;

DROP TRIGGER result_days_delete_answers;

DROP TRIGGER result_days_insert_contacts;

DROP TRIGGER result_days_update_contacts;

DROP TRIGGER result_days_delete_contacts;

DROP TRIGGER result_days_insert_relations;

DROP TRIGGER result_days_update_relations;

DROP TRIGGER result_days_delete_relations;

DROP TRIGGER result_days_insert_messages;

DROP TRIGGER result_days_update_messages;

DROP TRIGGER result_days_delete_messages;

DROP TRIGGER result_days_insert_action_targets;

DROP TRIGGER result_days_update_action_targets;

DROP TRIGGER result_days_delete_action_targets;

DROP TABLE result_days;

UPDATE alembic_version SET version_num='0031' WHERE alembic_version.version_num = '0032';

COMMIT;
