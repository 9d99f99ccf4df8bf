-- Written by `make sql` from versions/0008_generations.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0008_generations.down.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running downgrade 0008 -> 0007

DROP FUNCTION claim_numbers();

REVOKE SELECT (claim_number) ON user_bot_status FROM troupe_clock;

ALTER TABLE user_bot_status DROP COLUMN catching_up;

ALTER TABLE user_bot_status DROP COLUMN caught_up_at;

ALTER TABLE user_bot_status DROP COLUMN doubt_since;

ALTER TABLE user_bot_status DROP COLUMN doubted_at;

ALTER TABLE user_bot_status DROP COLUMN claim_number;

DROP TABLE generations;

UPDATE alembic_version SET version_num='0007' WHERE alembic_version.version_num = '0008';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
