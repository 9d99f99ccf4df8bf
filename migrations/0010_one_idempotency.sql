-- Written by `make sql` from versions/0010_one_idempotency.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0010_one_idempotency.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0009 -> 0010

INSERT INTO idempotency_keys (id, user_id, key, request_digest, status, answer, created_at) SELECT id, user_id, idempotency_key, coalesce(request_digest, ''), 202, json_build_object('action_id', id), created_at FROM actions WHERE idempotency_key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM idempotency_keys AS taken WHERE taken.user_id = actions.user_id AND taken.key = actions.idempotency_key);

ALTER TABLE actions DROP CONSTRAINT uq_actions_user_id_idempotency_key;

ALTER TABLE actions DROP COLUMN idempotency_key;

ALTER TABLE actions DROP COLUMN request_digest;

UPDATE alembic_version SET version_num='0010' WHERE alembic_version.version_num = '0009';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
