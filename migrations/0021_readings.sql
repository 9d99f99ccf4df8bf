-- Written by `make sql` from versions/0021_readings.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0021_readings.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0020 -> 0021

CREATE TABLE relations (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    account_id VARCHAR(32) NOT NULL,
    person_id VARCHAR(36) NOT NULL,
    followed_us_before BOOLEAN,
    followed_at TIMESTAMP WITH TIME ZONE,
    requested_at TIMESTAMP WITH TIME ZONE,
    accepted_at TIMESTAMP WITH TIME ZONE,
    declined_at TIMESTAMP WITH TIME ZONE,
    back_at TIMESTAMP WITH TIME ZONE,
    back_by VARCHAR(8),
    seen_until TIMESTAMP WITH TIME ZONE,
    gone_at TIMESTAMP WITH TIME ZONE,
    no_until TIMESTAMP WITH TIME ZONE,
    asked_at TIMESTAMP WITH TIME ZONE,
    unfollowed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_relations PRIMARY KEY (id),
    CONSTRAINT fk_relations_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_relations_person_id_people FOREIGN KEY(person_id) REFERENCES people (id) ON DELETE CASCADE,
    CONSTRAINT uq_relations_user_id_account_id_person_id UNIQUE (user_id, account_id, person_id)
);

CREATE INDEX ix_relations_person_id ON relations (person_id);

CREATE TABLE account_days (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    account_id VARCHAR(32) NOT NULL,
    day DATE NOT NULL,
    followers INTEGER,
    following INTEGER,
    posts INTEGER,
    read_at TIMESTAMP WITH TIME ZONE,
    reads INTEGER NOT NULL,
    CONSTRAINT pk_account_days PRIMARY KEY (id),
    CONSTRAINT fk_account_days_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_account_days_user_id_account_id_day UNIQUE (user_id, account_id, day)
);

CREATE TABLE follower_reads (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    account_id VARCHAR(32) NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    newest JSON NOT NULL,
    unbroken_since TIMESTAMP WITH TIME ZONE,
    broken INTEGER NOT NULL,
    whole_at TIMESTAMP WITH TIME ZONE,
    followers INTEGER,
    gained INTEGER NOT NULL,
    failed_at TIMESTAMP WITH TIME ZONE,
    error_code VARCHAR(32),
    CONSTRAINT pk_follower_reads PRIMARY KEY (id),
    CONSTRAINT fk_follower_reads_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_follower_reads_user_id UNIQUE (user_id)
);

ALTER TABLE action_targets ADD COLUMN followed_us BOOLEAN;

ALTER TABLE user_bot_status ADD COLUMN measure_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE messages ADD COLUMN variant VARCHAR(24);

GRANT SELECT, INSERT, UPDATE, DELETE ON relations TO troupe_app;

ALTER TABLE relations ENABLE ROW LEVEL SECURITY;

ALTER TABLE relations FORCE ROW LEVEL SECURITY;

CREATE POLICY scope ON relations TO troupe_app USING (user_id = NULLIF(current_setting('app.user_id', true), '')) WITH CHECK (user_id = NULLIF(current_setting('app.user_id', true), ''));

GRANT SELECT, INSERT, UPDATE, DELETE ON account_days TO troupe_app;

ALTER TABLE account_days ENABLE ROW LEVEL SECURITY;

ALTER TABLE account_days FORCE ROW LEVEL SECURITY;

CREATE POLICY scope ON account_days TO troupe_app USING (user_id = NULLIF(current_setting('app.user_id', true), '')) WITH CHECK (user_id = NULLIF(current_setting('app.user_id', true), ''));

GRANT SELECT, INSERT, UPDATE, DELETE ON follower_reads TO troupe_app;

ALTER TABLE follower_reads ENABLE ROW LEVEL SECURITY;

ALTER TABLE follower_reads FORCE ROW LEVEL SECURITY;

CREATE POLICY scope ON follower_reads TO troupe_app USING (user_id = NULLIF(current_setting('app.user_id', true), '')) WITH CHECK (user_id = NULLIF(current_setting('app.user_id', true), ''));

UPDATE alembic_version SET version_num='0021' WHERE alembic_version.version_num = '0020';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
