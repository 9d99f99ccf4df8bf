-- Written by `make sql` from versions/0005_kinds_of_sign_ins.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0005_kinds_of_sign_ins.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0004 -> 0005

ALTER TABLE user_sessions ADD COLUMN kind VARCHAR(16) DEFAULT 'usual' NOT NULL;

ALTER TABLE pending_sign_ins ADD COLUMN remember BOOLEAN DEFAULT false NOT NULL;

ALTER TABLE account_requests ADD COLUMN told_at TIMESTAMP WITH TIME ZONE;

UPDATE alembic_version SET version_num='0005' WHERE alembic_version.version_num = '0004';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
