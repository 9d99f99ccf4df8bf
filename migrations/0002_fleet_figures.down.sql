-- Written by `make sql` from versions/0002_fleet_figures.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0002_fleet_figures.down.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running downgrade 0002 -> 0001

DROP FUNCTION fleet_activity(since timestamptz);

DROP FUNCTION fleet_failures(since timestamptz);

DROP FUNCTION fleet_failures_by_user(since timestamptz, code text);

DROP POLICY figures ON activity_logs;

REVOKE SELECT (user_id, at, action, status, error_code) ON activity_logs FROM troupe_clock;

DROP INDEX ix_activity_logs_at;

UPDATE alembic_version SET version_num='0001' WHERE alembic_version.version_num = '0002';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
