-- Written by `make sql` from versions/0012_instagram_devices.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0012_instagram_devices.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0011 -> 0012

CREATE TABLE instagram_devices (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    username VARCHAR(64) NOT NULL,
    device_encrypted BYTEA,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_instagram_devices PRIMARY KEY (id),
    CONSTRAINT fk_instagram_devices_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_instagram_devices_user_id_username UNIQUE (user_id, username)
);

ALTER TABLE instagram_credentials ADD COLUMN verification_method VARCHAR(16);

ALTER TABLE instagram_credentials ADD COLUMN verification_methods JSON;

GRANT SELECT, INSERT, UPDATE, DELETE ON instagram_devices TO troupe_app;

ALTER TABLE instagram_devices ENABLE ROW LEVEL SECURITY;

ALTER TABLE instagram_devices FORCE ROW LEVEL SECURITY;

CREATE POLICY scope ON instagram_devices TO troupe_app USING (user_id = NULLIF(current_setting('app.user_id', true), '')) WITH CHECK (user_id = NULLIF(current_setting('app.user_id', true), ''));

UPDATE alembic_version SET version_num='0012' WHERE alembic_version.version_num = '0011';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
