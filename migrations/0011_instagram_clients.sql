-- Written by `make sql` from versions/0011_instagram_clients.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0011_instagram_clients.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0010 -> 0011

CREATE TABLE instagram_clients (
    version VARCHAR(64) NOT NULL,
    app_version VARCHAR(32) NOT NULL,
    first_run_at TIMESTAMP WITH TIME ZONE NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    refused_at TIMESTAMP WITH TIME ZONE,
    released_at TIMESTAMP WITH TIME ZONE,
    released_by VARCHAR(36),
    CONSTRAINT pk_instagram_clients PRIMARY KEY (version)
);

ALTER TABLE instagram_credentials ADD COLUMN app_version VARCHAR(32);

CREATE FUNCTION app_versions() RETURNS TABLE (app_version text, sessions bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
          SELECT c.app_version, count(*) FROM public.instagram_credentials c
          WHERE c.linked_at IS NOT NULL GROUP BY c.app_version
        $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON instagram_clients TO troupe_app;

ALTER TABLE instagram_clients ENABLE ROW LEVEL SECURITY;

ALTER TABLE instagram_clients FORCE ROW LEVEL SECURITY;

CREATE POLICY scope ON instagram_clients TO troupe_app USING (current_setting('app.identity', true) = 'on') WITH CHECK (current_setting('app.identity', true) = 'on');

CREATE POLICY for_all ON instagram_clients FOR SELECT TO troupe_app USING (true);

GRANT SELECT (app_version, linked_at) ON instagram_credentials TO troupe_clock;

CREATE POLICY app_versions ON instagram_credentials FOR SELECT TO troupe_clock USING (true);

REVOKE ALL ON FUNCTION app_versions() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION app_versions() TO troupe_app;

ALTER FUNCTION app_versions() OWNER TO troupe_clock;

UPDATE alembic_version SET version_num='0011' WHERE alembic_version.version_num = '0010';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
