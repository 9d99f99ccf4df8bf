-- Written by `make sql` from versions/0004_trace_requests.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0004_trace_requests.down.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running downgrade 0004 -> 0003

ALTER TABLE alert_channels DROP COLUMN request_id;

ALTER TABLE alert_channels DROP COLUMN action_id;

ALTER TABLE alert_channels DROP COLUMN mail_id;

ALTER TABLE mails DROP COLUMN request_id;

ALTER TABLE user_bot_status DROP COLUMN limits_near;

UPDATE alembic_version SET version_num='0003' WHERE alembic_version.version_num = '0004';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
