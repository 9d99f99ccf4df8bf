-- Written by `make sql` from versions/0026_plans.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0026_plans.down.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running downgrade 0026 -> 0025

DO $$ BEGIN IF (SELECT count(*) FROM actions WHERE kind = 'plan' OR id IN (SELECT action_id FROM action_targets WHERE node > 0 OR nth > 0)) > 0 THEN RAISE EXCEPTION USING MESSAGE = (SELECT count(*) FROM actions WHERE kind = 'plan' OR id IN (SELECT action_id FROM action_targets WHERE node > 0 OR nth > 0)) || ' actions are plans, which the version before does not know'; END IF; END $$;

ALTER TABLE actions ADD COLUMN cursor VARCHAR(2000);

UPDATE actions SET cursor = (SELECT cursor FROM action_sources WHERE action_id = actions.id AND number = 0);

DROP TABLE action_sources;

DROP INDEX ix_action_targets_later;

ALTER TABLE action_targets DROP CONSTRAINT uq_action_targets_action_id_target_node_nth;

ALTER TABLE action_targets ADD CONSTRAINT uq_action_targets_action_id_target UNIQUE (action_id, target);

ALTER TABLE action_targets DROP COLUMN node;

ALTER TABLE action_targets DROP COLUMN nth;

ALTER TABLE action_targets DROP COLUMN source;

ALTER TABLE action_targets DROP COLUMN awaits;

ALTER TABLE action_targets DROP COLUMN due_at;

UPDATE alembic_version SET version_num='0025' WHERE alembic_version.version_num = '0026';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
