-- Written by `make sql` from versions/0026_plans.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0026_plans.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0025 -> 0026

ALTER TABLE action_targets ADD COLUMN node SMALLINT DEFAULT '0' NOT NULL;

ALTER TABLE action_targets ADD COLUMN nth SMALLINT DEFAULT '0' NOT NULL;

ALTER TABLE action_targets ADD COLUMN source SMALLINT;

ALTER TABLE action_targets ADD COLUMN awaits VARCHAR(20);

ALTER TABLE action_targets ADD COLUMN due_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE action_targets DROP CONSTRAINT uq_action_targets_action_id_target;

ALTER TABLE action_targets ADD CONSTRAINT uq_action_targets_action_id_target_node_nth UNIQUE (action_id, target, node, nth);

CREATE INDEX ix_action_targets_later ON action_targets (user_id, action_id, node, due_at) WHERE node > 0 OR nth > 0;

CREATE TABLE action_sources (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    action_id VARCHAR(36) NOT NULL,
    number SMALLINT NOT NULL,
    label VARCHAR(128),
    cursor VARCHAR(2000),
    asked INTEGER NOT NULL,
    found INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    ended VARCHAR(32),
    CONSTRAINT pk_action_sources PRIMARY KEY (id),
    CONSTRAINT fk_action_sources_user_id_actions FOREIGN KEY(user_id, action_id) REFERENCES actions (user_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_action_sources_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_action_sources_action_id_number UNIQUE (action_id, number)
);

CREATE INDEX ix_action_sources_user_id ON action_sources (user_id);

INSERT INTO action_sources (id, user_id, action_id, number, cursor, asked, found, kept) SELECT id, user_id, id, 0, cursor, 1, 0, 0 FROM actions WHERE cursor IS NOT NULL;

ALTER TABLE actions DROP COLUMN cursor;

GRANT SELECT, INSERT, UPDATE, DELETE ON action_sources TO troupe_app;

ALTER TABLE action_sources ENABLE ROW LEVEL SECURITY;

ALTER TABLE action_sources FORCE ROW LEVEL SECURITY;

CREATE POLICY scope ON action_sources TO troupe_app USING (user_id = NULLIF(current_setting('app.user_id', true), '')) WITH CHECK (user_id = NULLIF(current_setting('app.user_id', true), ''));

UPDATE alembic_version SET version_num='0026' WHERE alembic_version.version_num = '0025';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
