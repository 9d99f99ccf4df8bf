-- Written by `make sql` from versions/0021_readings.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0021_readings.down.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running downgrade 0021 -> 0020

ALTER TABLE messages DROP COLUMN variant;

ALTER TABLE user_bot_status DROP COLUMN measure_at;

ALTER TABLE action_targets DROP COLUMN followed_us;

DROP TABLE follower_reads;

DROP TABLE account_days;

DROP TABLE relations;

UPDATE alembic_version SET version_num='0020' WHERE alembic_version.version_num = '0021';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
