-- Written by `make sql` from versions/0023_reply_texts.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0023_reply_texts.down.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

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

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
