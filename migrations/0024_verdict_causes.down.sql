-- Written by `make sql` from versions/0024_verdict_causes.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0024_verdict_causes.down.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running downgrade 0024 -> 0023

DROP FUNCTION fleet_bots();

CREATE FUNCTION fleet_bots() RETURNS TABLE (user_id text, instagram_username text, verdict text, verdict_condition text, verdict_who text, verdict_kind text, verdict_rule text, verdict_since timestamptz, verdict_until timestamptz, verdict_due_at timestamptz, is_current boolean) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
          SELECT b.user_id, b.instagram_username, b.verdict, b.verdict_condition, b.verdict_who,
            b.verdict_kind, b.verdict_rule, b.verdict_since, b.verdict_until,
            b.verdict_due_at, b.verdict_revision IS NOT DISTINCT FROM b.revision
          FROM public.user_bot_status b
        $$;

REVOKE ALL ON FUNCTION fleet_bots() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION fleet_bots() TO troupe_app;

ALTER FUNCTION fleet_bots() OWNER TO troupe_clock;

DROP FUNCTION fleet_failures(since timestamptz);

CREATE FUNCTION fleet_failures(since timestamptz) RETURNS TABLE (error_code text, day date, count bigint, users bigint, first_at timestamptz, last_at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT a.error_code, (a.at AT TIME ZONE 'UTC')::date, count(*), count(DISTINCT a.user_id), min(a.at), max(a.at)
        FROM public.activity_logs a WHERE a.at >= since AND a.status = 'failed' AND a.error_code IS NOT NULL
        GROUP BY GROUPING SETS ((1, 2), (1))
        $$;

REVOKE ALL ON FUNCTION fleet_failures(since timestamptz) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION fleet_failures(since timestamptz) TO troupe_app;

ALTER FUNCTION fleet_failures(since timestamptz) OWNER TO troupe_clock;

DROP FUNCTION fleet_failures_by_user(since timestamptz, code text);

CREATE FUNCTION fleet_failures_by_user(since timestamptz, code text) RETURNS TABLE (user_id text, count bigint, last_at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        SELECT a.user_id, count(*), max(a.at)
        FROM public.activity_logs a WHERE a.at >= since AND a.error_code = code AND a.status = 'failed'
        GROUP BY 1 ORDER BY 2 DESC, 3 DESC LIMIT 100
        $$;

REVOKE ALL ON FUNCTION fleet_failures_by_user(since timestamptz, code text) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION fleet_failures_by_user(since timestamptz, code text) TO troupe_app;

ALTER FUNCTION fleet_failures_by_user(since timestamptz, code text) OWNER TO troupe_clock;

REVOKE SELECT (verdict_cause) ON user_bot_status FROM troupe_clock;

ALTER TABLE user_bot_status DROP COLUMN verdict_cause;

UPDATE alembic_version SET version_num='0023' WHERE alembic_version.version_num = '0024';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
