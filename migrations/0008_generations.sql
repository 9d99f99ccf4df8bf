-- Written by `make sql` from versions/0008_generations.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0008_generations.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0007 -> 0008

CREATE TABLE generations (
    number INTEGER NOT NULL,
    id VARCHAR(36) NOT NULL,
    cause VARCHAR(16),
    began_at TIMESTAMP WITH TIME ZONE NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE,
    released_by VARCHAR(36),
    CONSTRAINT pk_generations PRIMARY KEY (number),
    CONSTRAINT uq_generations_id UNIQUE (id)
);

ALTER TABLE user_bot_status ADD COLUMN claim_number INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE user_bot_status ADD COLUMN doubted_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE user_bot_status ADD COLUMN doubt_since TIMESTAMP WITH TIME ZONE;

ALTER TABLE user_bot_status ADD COLUMN caught_up_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE user_bot_status ADD COLUMN catching_up JSON;

CREATE FUNCTION claim_numbers() RETURNS TABLE (user_id text, claim_number integer)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
          SELECT b.user_id, b.claim_number FROM public.user_bot_status b
        $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON generations TO troupe_app;

ALTER TABLE generations ENABLE ROW LEVEL SECURITY;

ALTER TABLE generations FORCE ROW LEVEL SECURITY;

CREATE POLICY scope ON generations TO troupe_app USING (current_setting('app.identity', true) = 'on') WITH CHECK (current_setting('app.identity', true) = 'on');

CREATE POLICY for_all ON generations FOR SELECT TO troupe_app USING (true);

GRANT SELECT (claim_number) ON user_bot_status TO troupe_clock;

REVOKE ALL ON FUNCTION claim_numbers() FROM PUBLIC;

GRANT EXECUTE ON FUNCTION claim_numbers() TO troupe_app;

ALTER FUNCTION claim_numbers() OWNER TO troupe_clock;

UPDATE alembic_version SET version_num='0008' WHERE alembic_version.version_num = '0007';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
