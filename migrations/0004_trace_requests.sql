-- Written by `make sql` from versions/0004_trace_requests.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0004_trace_requests.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0003 -> 0004

ALTER TABLE alert_channels ADD COLUMN request_id VARCHAR(64);

ALTER TABLE alert_channels ADD COLUMN action_id VARCHAR(36);

ALTER TABLE alert_channels ADD COLUMN mail_id VARCHAR(36);

ALTER TABLE mails ADD COLUMN request_id VARCHAR(64);

ALTER TABLE user_bot_status ADD COLUMN limits_near JSON;

UPDATE alembic_version SET version_num='0004' WHERE alembic_version.version_num = '0003';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
