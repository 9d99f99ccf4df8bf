-- Written by `make sql` from versions/0020_verdicts.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0020_verdicts.down.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running downgrade 0020 -> 0019

DROP FUNCTION fleet_bots();

REVOKE SELECT (instagram_username, verdict, verdict_condition, verdict_who, verdict_kind, verdict_rule, verdict_since, verdict_until, verdict_at, verdict_revision, verdict_due_at) ON user_bot_status FROM troupe_clock;

DROP INDEX ix_activity_logs_failed;

ALTER TABLE user_bot_status DROP COLUMN verdict_due_at;

ALTER TABLE user_bot_status DROP COLUMN verdict_revision;

ALTER TABLE user_bot_status DROP COLUMN verdict_at;

ALTER TABLE user_bot_status DROP COLUMN verdict_until;

ALTER TABLE user_bot_status DROP COLUMN verdict_since;

ALTER TABLE user_bot_status DROP COLUMN verdict_rule;

ALTER TABLE user_bot_status DROP COLUMN verdict_kind;

ALTER TABLE user_bot_status DROP COLUMN verdict_who;

ALTER TABLE user_bot_status DROP COLUMN verdict_condition;

ALTER TABLE user_bot_status DROP COLUMN verdict;

UPDATE alembic_version SET version_num='0019' WHERE alembic_version.version_num = '0020';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
