-- Written by `make sql` from versions/0025_platform_days.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0025_platform_days.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0024 -> 0025

CREATE TABLE platform_days (
    day DATE NOT NULL,
    step_kind VARCHAR(16) NOT NULL,
    measure VARCHAR(16) NOT NULL,
    outcome VARCHAR(16) NOT NULL,
    count INTEGER NOT NULL,
    users INTEGER NOT NULL,
    CONSTRAINT pk_platform_days PRIMARY KEY (day, step_kind, measure, outcome)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON platform_days TO troupe_app;

ALTER TABLE platform_days ENABLE ROW LEVEL SECURITY;

ALTER TABLE platform_days FORCE ROW LEVEL SECURITY;

CREATE POLICY scope ON platform_days TO troupe_app USING (current_setting('app.identity', true) = 'on') WITH CHECK (current_setting('app.identity', true) = 'on');

UPDATE alembic_version SET version_num='0025' WHERE alembic_version.version_num = '0024';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
