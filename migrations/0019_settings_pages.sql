-- Written by `make sql` from versions/0019_settings_pages.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0019_settings_pages.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0018 -> 0019

CREATE TABLE settings_changes (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    before JSON NOT NULL,
    after JSON NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_settings_changes PRIMARY KEY (id),
    CONSTRAINT fk_settings_changes_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_settings_changes_user_id ON settings_changes (user_id);

CREATE INDEX ix_settings_changes_created_at ON settings_changes (created_at);

CREATE TABLE digests (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    tries INTEGER NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_digests PRIMARY KEY (id),
    CONSTRAINT fk_digests_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_digests_user_id UNIQUE (user_id)
);

CREATE INDEX ix_digests_due_at ON digests (due_at);

ALTER TABLE alert_channels ADD COLUMN muted JSON DEFAULT '[]' NOT NULL;

ALTER TABLE user_sessions ADD COLUMN kept_form_encrypted BYTEA;

ALTER TABLE user_sessions ADD COLUMN kept_form_at TIMESTAMP WITH TIME ZONE;

CREATE INDEX ix_user_sessions_kept_form_at ON user_sessions (kept_form_at) WHERE kept_form_at IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON settings_changes TO troupe_app;

ALTER TABLE settings_changes ENABLE ROW LEVEL SECURITY;

ALTER TABLE settings_changes FORCE ROW LEVEL SECURITY;

CREATE POLICY scope ON settings_changes TO troupe_app USING (user_id = NULLIF(current_setting('app.user_id', true), '') OR current_setting('app.identity', true) = 'on') WITH CHECK (user_id = NULLIF(current_setting('app.user_id', true), '') OR current_setting('app.identity', true) = 'on');

GRANT SELECT, INSERT, UPDATE, DELETE ON digests TO troupe_app;

ALTER TABLE digests ENABLE ROW LEVEL SECURITY;

ALTER TABLE digests FORCE ROW LEVEL SECURITY;

CREATE POLICY scope ON digests TO troupe_app USING (user_id = NULLIF(current_setting('app.user_id', true), '') OR current_setting('app.identity', true) = 'on') WITH CHECK (user_id = NULLIF(current_setting('app.user_id', true), '') OR current_setting('app.identity', true) = 'on');

UPDATE alembic_version SET version_num='0019' WHERE alembic_version.version_num = '0018';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
