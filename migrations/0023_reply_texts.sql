-- Written by `make sql` from versions/0023_reply_texts.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0023_reply_texts.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0022 -> 0023

CREATE TABLE reply_texts (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    target_id VARCHAR(36) NOT NULL,
    text_encrypted BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    forget_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_reply_texts PRIMARY KEY (id),
    CONSTRAINT fk_reply_texts_user_id_action_targets FOREIGN KEY(user_id, target_id) REFERENCES action_targets (user_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_reply_texts_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_reply_texts_user_id_target_id UNIQUE (user_id, target_id)
);

CREATE INDEX ix_reply_texts_forget_at ON reply_texts (forget_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON reply_texts TO troupe_app;

ALTER TABLE reply_texts ENABLE ROW LEVEL SECURITY;

ALTER TABLE reply_texts FORCE ROW LEVEL SECURITY;

CREATE POLICY scope ON reply_texts TO troupe_app USING (user_id = NULLIF(current_setting('app.user_id', true), '') OR current_setting('app.identity', true) = 'on') WITH CHECK (user_id = NULLIF(current_setting('app.user_id', true), '') OR current_setting('app.identity', true) = 'on');

UPDATE alembic_version SET version_num='0023' WHERE alembic_version.version_num = '0022';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
