-- Written by `make sql` from versions/0022_answers.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0022_answers.down.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running downgrade 0022 -> 0021

UPDATE alert_channels SET event = NULL, due_at = NULL WHERE event LIKE 'answer%%';

UPDATE alert_channels SET muted = CAST(replace(replace(replace(replace(replace(replace(replace(replace(replace(CAST(muted AS TEXT), ', "answer"', ''), '"answer", ', ''), '"answer"', ''), ', "answer_stop"', ''), '"answer_stop", ', ''), '"answer_stop"', ''), ', "answer_positive"', ''), '"answer_positive", ', ''), '"answer_positive"', '') AS JSON);

ALTER TABLE contacts DROP COLUMN forgotten_at;

ALTER TABLE bot_settings DROP COLUMN answer_days;

ALTER TABLE bot_settings DROP COLUMN positive_words;

DROP TABLE answers;

UPDATE alembic_version SET version_num='0021' WHERE alembic_version.version_num = '0022';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
