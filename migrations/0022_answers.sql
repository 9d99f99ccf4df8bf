-- Written by `make sql` from versions/0022_answers.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0022_answers.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0021 -> 0022

CREATE TABLE answers (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    instagram_id VARCHAR(32) NOT NULL,
    thread_id VARCHAR(64) NOT NULL,
    item_id VARCHAR(64) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    sort VARCHAR(16) NOT NULL,
    text_encrypted BYTEA,
    in_group BOOLEAN NOT NULL,
    mark VARCHAR(16),
    mark_by VARCHAR(16),
    rule VARCHAR(32),
    read_at TIMESTAMP WITH TIME ZONE,
    done_at TIMESTAMP WITH TIME ZONE,
    forget_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_answers PRIMARY KEY (id),
    CONSTRAINT fk_answers_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_answers_user_id_item_id UNIQUE (user_id, item_id)
);

CREATE INDEX ix_answers_user_id_instagram_id_at ON answers (user_id, instagram_id, at);

CREATE INDEX ix_answers_unread ON answers (user_id, instagram_id) WHERE read_at IS NULL;

CREATE INDEX ix_answers_kept ON answers (forget_at) WHERE forget_at IS NOT NULL;

ALTER TABLE bot_settings ADD COLUMN positive_words JSON DEFAULT '[]' NOT NULL;

ALTER TABLE bot_settings ADD COLUMN answer_days INTEGER DEFAULT '180' NOT NULL;

ALTER TABLE contacts ADD COLUMN forgotten_at TIMESTAMP WITH TIME ZONE;

UPDATE alert_channels SET muted = CAST(CASE WHEN CAST(muted AS TEXT) = '[]' THEN '["answer", "answer_stop", "answer_positive"]' ELSE replace(CAST(muted AS TEXT), ']', ', "answer", "answer_stop", "answer_positive"]') END AS JSON);

GRANT SELECT, INSERT, UPDATE, DELETE ON answers TO troupe_app;

ALTER TABLE answers ENABLE ROW LEVEL SECURITY;

ALTER TABLE answers FORCE ROW LEVEL SECURITY;

CREATE POLICY scope ON answers TO troupe_app USING (user_id = NULLIF(current_setting('app.user_id', true), '') OR current_setting('app.identity', true) = 'on') WITH CHECK (user_id = NULLIF(current_setting('app.user_id', true), '') OR current_setting('app.identity', true) = 'on');

UPDATE alembic_version SET version_num='0022' WHERE alembic_version.version_num = '0021';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
