-- Written by `make sql` from versions/0019_settings_pages.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0019_settings_pages.down.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running downgrade 0019 -> 0018

DROP INDEX ix_user_sessions_kept_form_at;

ALTER TABLE user_sessions DROP COLUMN kept_form_at;

ALTER TABLE user_sessions DROP COLUMN kept_form_encrypted;

ALTER TABLE alert_channels DROP COLUMN muted;

DROP TABLE digests;

DROP TABLE settings_changes;

UPDATE alembic_version SET version_num='0018' WHERE alembic_version.version_num = '0019';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
