-- Written by `make sql` from versions/0032_result_days.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0032_result_days.down.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running downgrade 0032 -> 0031

DROP TRIGGER result_days_insert ON answers;

DROP FUNCTION result_days_insert_answers();

DROP TRIGGER result_days_update ON answers;

DROP FUNCTION result_days_update_answers();

DROP TRIGGER result_days_delete ON answers;

DROP FUNCTION result_days_delete_answers();

DROP TRIGGER result_days_insert ON contacts;

DROP FUNCTION result_days_insert_contacts();

DROP TRIGGER result_days_update ON contacts;

DROP FUNCTION result_days_update_contacts();

DROP TRIGGER result_days_delete ON contacts;

DROP FUNCTION result_days_delete_contacts();

DROP TRIGGER result_days_insert ON relations;

DROP FUNCTION result_days_insert_relations();

DROP TRIGGER result_days_update ON relations;

DROP FUNCTION result_days_update_relations();

DROP TRIGGER result_days_delete ON relations;

DROP FUNCTION result_days_delete_relations();

DROP TRIGGER result_days_insert ON messages;

DROP FUNCTION result_days_insert_messages();

DROP TRIGGER result_days_update ON messages;

DROP FUNCTION result_days_update_messages();

DROP TRIGGER result_days_delete ON messages;

DROP FUNCTION result_days_delete_messages();

DROP TRIGGER result_days_insert ON action_targets;

DROP FUNCTION result_days_insert_action_targets();

DROP TRIGGER result_days_update ON action_targets;

DROP FUNCTION result_days_update_action_targets();

DROP TRIGGER result_days_delete ON action_targets;

DROP FUNCTION result_days_delete_action_targets();

DROP TABLE result_days;

UPDATE alembic_version SET version_num='0031' WHERE alembic_version.version_num = '0032';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
