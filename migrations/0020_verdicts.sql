-- Written by `make sql` from versions/0020_verdicts.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0020_verdicts.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0019 -> 0020

ALTER TABLE user_bot_status ADD COLUMN verdict VARCHAR(64);

ALTER TABLE user_bot_status ADD COLUMN verdict_condition VARCHAR(16);

ALTER TABLE user_bot_status ADD COLUMN verdict_who VARCHAR(8);

ALTER TABLE user_bot_status ADD COLUMN verdict_kind VARCHAR(32);

ALTER TABLE user_bot_status ADD COLUMN verdict_rule VARCHAR(32);

ALTER TABLE user_bot_status ADD COLUMN verdict_since TIMESTAMP WITH TIME ZONE;

ALTER TABLE user_bot_status ADD COLUMN verdict_until TIMESTAMP WITH TIME ZONE;

ALTER TABLE user_bot_status ADD COLUMN verdict_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE user_bot_status ADD COLUMN verdict_revision INTEGER;

ALTER TABLE user_bot_status ADD COLUMN verdict_due_at TIMESTAMP WITH TIME ZONE;

CREATE INDEX ix_activity_logs_failed ON activity_logs (at, error_code, user_id) WHERE status = 'failed';

CREATE FUNCTION fleet_bots() RETURNS TABLE (
          user_id text, instagram_username text, verdict text, verdict_condition text, verdict_who text,
          verdict_kind text, verdict_rule text, verdict_since timestamptz, verdict_until timestamptz,
          verdict_due_at timestamptz, is_current boolean
        )
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
          SELECT b.user_id, b.instagram_username, b.verdict, b.verdict_condition, b.verdict_who,
            b.verdict_kind, b.verdict_rule, b.verdict_since, b.verdict_until,
            b.verdict_due_at, b.verdict_revision IS NOT DISTINCT FROM b.revision
          FROM public.user_bot_status b
        $$;

GRANT SELECT (instagram_username, verdict, verdict_condition, verdict_who, verdict_kind, verdict_rule, verdict_since, verdict_until, verdict_at, verdict_revision, verdict_due_at) ON user_bot_status TO troupe_clock;

REVOKE ALL ON FUNCTION fleet_bots() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION fleet_bots() TO troupe_app;

ALTER FUNCTION fleet_bots() OWNER TO troupe_clock;

UPDATE alembic_version SET version_num='0020' WHERE alembic_version.version_num = '0019';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
