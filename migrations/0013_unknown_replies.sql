-- Written by `make sql` from versions/0013_unknown_replies.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0013_unknown_replies.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0012 -> 0013

CREATE TABLE unknown_replies (
    digest VARCHAR(64) NOT NULL,
    path VARCHAR(200) NOT NULL,
    http_status INTEGER NOT NULL,
    error_code VARCHAR(32) NOT NULL,
    client VARCHAR(64) NOT NULL,
    shape JSON NOT NULL,
    count INTEGER NOT NULL,
    first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_unknown_replies PRIMARY KEY (digest)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON unknown_replies TO troupe_app;

ALTER TABLE unknown_replies ENABLE ROW LEVEL SECURITY;

ALTER TABLE unknown_replies FORCE ROW LEVEL SECURITY;

CREATE POLICY scope ON unknown_replies TO troupe_app USING (current_setting('app.identity', true) = 'on') WITH CHECK (current_setting('app.identity', true) = 'on');

UPDATE alembic_version SET version_num='0013' WHERE alembic_version.version_num = '0012';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
