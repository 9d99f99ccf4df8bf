-- Written by `make sql` from versions/0005_kinds_of_sign_ins.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0005_kinds_of_sign_ins.down.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running downgrade 0005 -> 0004

DELETE FROM user_sessions WHERE kind = 'first_version';

ALTER TABLE account_requests DROP COLUMN told_at;

ALTER TABLE pending_sign_ins DROP COLUMN remember;

ALTER TABLE user_sessions DROP COLUMN kind;

UPDATE alembic_version SET version_num='0004' WHERE alembic_version.version_num = '0005';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
