-- Written by `make sql` from versions/0010_one_idempotency.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0010_one_idempotency.down.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running downgrade 0010 -> 0009

ALTER TABLE actions ADD COLUMN idempotency_key VARCHAR(128);

ALTER TABLE actions ADD COLUMN request_digest VARCHAR(64);

ALTER TABLE actions ADD CONSTRAINT uq_actions_user_id_idempotency_key UNIQUE (user_id, idempotency_key);

UPDATE actions SET idempotency_key = (SELECT key FROM idempotency_keys WHERE idempotency_keys.id = actions.id);

UPDATE actions SET request_digest = (SELECT request_digest FROM idempotency_keys WHERE idempotency_keys.id = actions.id);

DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM actions);

UPDATE alembic_version SET version_num='0009' WHERE alembic_version.version_num = '0010';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
