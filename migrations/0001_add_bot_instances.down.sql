-- Written by `make sql` from versions/0001_add_bot_instances.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0001_add_bot_instances.down.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running downgrade 0001 ->

DROP FUNCTION lane_wakeups();

DROP FUNCTION ring_all_lanes();

DROP TABLE messages;

DROP TABLE action_targets;

DROP TABLE user_sessions;

DROP TABLE known_devices;

DROP TABLE idempotency_keys;

DROP TABLE user_bot_status;

DROP TABLE recovery_codes;

DROP TABLE pending_sign_ins;

DROP TABLE mail_tokens;

DROP TABLE mails;

DROP TABLE instagram_credentials;

DROP TABLE earlier_calls;

DROP TABLE do_not_contact;

DROP TABLE alert_channels;

DROP TABLE daily_limits;

DROP TABLE cool_downs;

DROP TABLE contacts;

DROP TABLE bot_settings;

DROP TABLE bot_instances;

DROP TABLE activity_logs;

DROP TABLE actions;

DROP TABLE account_requests;

DROP TABLE vault_keys;

DROP TABLE registrations;

DROP TABLE recovery_requests;

DROP TABLE users;

DROP TABLE kill_switch;

DROP TABLE attempts;

DROP TABLE error_codes;

DROP TABLE audit_log;

DELETE FROM alembic_version WHERE alembic_version.version_num = '0001';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
