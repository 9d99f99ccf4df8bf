-- Written by `make sql` from versions/0015_phone_places.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0015_phone_places.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0014 -> 0015

ALTER TABLE instagram_devices ADD COLUMN country VARCHAR(2);

ALTER TABLE instagram_devices ADD COLUMN language VARCHAR(3);

ALTER TABLE instagram_devices ADD COLUMN timezone VARCHAR(64);

ALTER TABLE instagram_devices ADD COLUMN proxy_country VARCHAR(2);

UPDATE alembic_version SET version_num='0015' WHERE alembic_version.version_num = '0014';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
