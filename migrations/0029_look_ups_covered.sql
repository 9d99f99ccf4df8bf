-- Written by `make sql` from versions/0029_look_ups_covered.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0029_look_ups_covered.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0028 -> 0029

DROP INDEX ix_action_targets_to_look_up;

CREATE INDEX ix_action_targets_to_look_up ON action_targets (user_id, action_id, look_up_at, account_id) WHERE look_up_at IS NOT NULL;

UPDATE alembic_version SET version_num='0029' WHERE alembic_version.version_num = '0028';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
