-- Written by `make sql` from versions/0002_fleet_figures.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0002_fleet_figures.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0001 -> 0002

CREATE INDEX ix_activity_logs_at ON activity_logs (at);

CREATE FUNCTION fleet_activity(since timestamptz) RETURNS TABLE (day date, action text, status text, count bigint, users bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT (a.at AT TIME ZONE 'UTC')::date, a.action, a.status, count(*), count(DISTINCT a.user_id)
        FROM public.activity_logs a WHERE a.at >= since
        GROUP BY GROUPING SETS ((1, 2, 3), (1))
        $$;

CREATE FUNCTION fleet_failures(since timestamptz) RETURNS TABLE (error_code text, day date, count bigint, users bigint, first_at timestamptz, last_at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT a.error_code, (a.at AT TIME ZONE 'UTC')::date, count(*), count(DISTINCT a.user_id), min(a.at), max(a.at)
        FROM public.activity_logs a WHERE a.at >= since AND a.status = 'failed' AND a.error_code IS NOT NULL
        GROUP BY GROUPING SETS ((1, 2), (1))
        $$;

CREATE FUNCTION fleet_failures_by_user(since timestamptz, code text) RETURNS TABLE (user_id text, count bigint, last_at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT a.user_id, count(*), max(a.at)
        FROM public.activity_logs a WHERE a.at >= since AND a.error_code = code AND a.status = 'failed'
        GROUP BY 1 ORDER BY 2 DESC, 3 DESC LIMIT 100
        $$;

GRANT SELECT (user_id, at, action, status, error_code) ON activity_logs TO troupe_clock;

CREATE POLICY figures ON activity_logs FOR SELECT TO troupe_clock USING (true);

REVOKE ALL ON FUNCTION fleet_activity(since timestamptz) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION fleet_activity(since timestamptz) TO troupe_app;

ALTER FUNCTION fleet_activity(since timestamptz) OWNER TO troupe_clock;

REVOKE ALL ON FUNCTION fleet_failures(since timestamptz) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION fleet_failures(since timestamptz) TO troupe_app;

ALTER FUNCTION fleet_failures(since timestamptz) OWNER TO troupe_clock;

REVOKE ALL ON FUNCTION fleet_failures_by_user(since timestamptz, code text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION fleet_failures_by_user(since timestamptz, code text) TO troupe_app;

ALTER FUNCTION fleet_failures_by_user(since timestamptz, code text) OWNER TO troupe_clock;

UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0001';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
