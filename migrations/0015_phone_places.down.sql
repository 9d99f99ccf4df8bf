-- Written by `make sql` from versions/0015_phone_places.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0015_phone_places.down.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running downgrade 0015 -> 0014

ALTER TABLE instagram_devices DROP COLUMN proxy_country;

ALTER TABLE instagram_devices DROP COLUMN timezone;

ALTER TABLE instagram_devices DROP COLUMN language;

ALTER TABLE instagram_devices DROP COLUMN country;

UPDATE alembic_version SET version_num='0014' WHERE alembic_version.version_num = '0015';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
