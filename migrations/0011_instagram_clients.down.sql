-- Written by `make sql` from versions/0011_instagram_clients.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0011_instagram_clients.down.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running downgrade 0011 -> 0010

DROP FUNCTION app_versions();

DROP POLICY app_versions ON instagram_credentials;

REVOKE SELECT (app_version, linked_at) ON instagram_credentials FROM troupe_clock;

ALTER TABLE instagram_credentials DROP COLUMN app_version;

DROP TABLE instagram_clients;

UPDATE alembic_version SET version_num='0010' WHERE alembic_version.version_num = '0011';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
