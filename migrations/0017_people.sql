-- Written by `make sql` from versions/0017_people.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0017_people.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0016 -> 0017

CREATE TABLE people (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    instagram_id VARCHAR(32) NOT NULL,
    username VARCHAR(64) NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_people PRIMARY KEY (id),
    CONSTRAINT fk_people_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_people_user_id_instagram_id UNIQUE (user_id, instagram_id)
);

ALTER TABLE action_targets ADD COLUMN person_id VARCHAR(36);

INSERT INTO people (id, user_id, instagram_id, username, seen_at)
        SELECT source, user_id, known_id, name, seen_at FROM (
          SELECT source, user_id, known_id, name, seen_at,
            row_number() OVER (PARTITION BY user_id, known_id ORDER BY sees DESC, seen_at DESC, source DESC) AS place
          FROM (
            SELECT t.user_id, CASE WHEN t.step_kind = 'like' THEN NULLIF(split_part(t.instagram_id, '_', 2), '') ELSE t.instagram_id END AS known_id, t.person AS name, t.created_at AS seen_at, t.id AS source,
              CASE WHEN t.step_kind = 'unfollow' THEN 0 ELSE 1 END AS sees
            FROM action_targets t
            UNION ALL
            SELECT c.user_id, c.instagram_id, c.username, c.written_at, c.id, 1 FROM contacts c
          ) sightings WHERE known_id IS NOT NULL AND known_id <> '' AND length(known_id) <= 32
        ) ranked WHERE place = 1;

UPDATE action_targets AS t SET person_id = (
          SELECT p.id FROM people p WHERE p.user_id = t.user_id AND p.instagram_id = CASE WHEN t.step_kind = 'like' THEN NULLIF(split_part(t.instagram_id, '_', 2), '') ELSE t.instagram_id END
        ) WHERE t.instagram_id IS NOT NULL;

CREATE INDEX ix_people_user_id_username ON people (user_id, username);

CREATE INDEX ix_people_user_id_seen_at_id ON people (user_id, seen_at, id);

CREATE INDEX ix_action_targets_person_id ON action_targets (person_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON people TO troupe_app;

ALTER TABLE people ENABLE ROW LEVEL SECURITY;

ALTER TABLE people FORCE ROW LEVEL SECURITY;

CREATE POLICY scope ON people TO troupe_app USING (user_id = NULLIF(current_setting('app.user_id', true), '')) WITH CHECK (user_id = NULLIF(current_setting('app.user_id', true), ''));

UPDATE alembic_version SET version_num='0017' WHERE alembic_version.version_num = '0016';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
