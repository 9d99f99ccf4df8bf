-- Written by `make sql` from versions/0028_contacts_by_time.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0028_contacts_by_time.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0027 -> 0028

CREATE INDEX ix_contacts_user_id_written_at ON contacts (user_id, written_at);

CREATE INDEX ix_contacts_unread ON contacts (user_id) WHERE unread IS NOT NULL;

UPDATE alembic_version SET version_num='0028' WHERE alembic_version.version_num = '0027';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
