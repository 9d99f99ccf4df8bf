-- Written by `make sql` from versions/0032_result_days.py. To apply it: psql -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f migrations/0032_result_days.sql

BEGIN;

SET LOCAL ROLE troupe_owner;

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relforcerowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' NO FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

-- Running upgrade 0031 -> 0032

CREATE TABLE result_days (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    begins TIMESTAMP WITH TIME ZONE NOT NULL,
    ends TIMESTAMP WITH TIME ZONE NOT NULL,
    changes BIGINT NOT NULL,
    counted BIGINT,
    counted_at TIMESTAMP WITH TIME ZONE,
    good_until TIMESTAMP WITH TIME ZONE,
    basis VARCHAR(128),
    numbers JSON,
    hours JSON,
    CONSTRAINT pk_result_days PRIMARY KEY (id),
    CONSTRAINT fk_result_days_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_result_days_user_id_begins UNIQUE (user_id, begins)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON result_days TO troupe_app;

ALTER TABLE result_days ENABLE ROW LEVEL SECURITY;

ALTER TABLE result_days FORCE ROW LEVEL SECURITY;

CREATE POLICY scope ON result_days TO troupe_app USING (user_id = NULLIF(current_setting('app.user_id', true), '')) WITH CHECK (user_id = NULLIF(current_setting('app.user_id', true), ''));

ALTER TABLE result_days SET (toast_tuple_target = 128);

CREATE FUNCTION result_days_insert_action_targets() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = NEW.user_id AND id IN (SELECT d.id FROM (SELECT NEW.claimed_at AS at UNION SELECT NEW.finished_at AS at UNION SELECT claimed_at AS at FROM action_targets WHERE user_id = NEW.user_id AND (person_id = NEW.person_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = NEW.user_id AND begins <= found.at) WHERE d.user_id = NEW.user_id AND d.ends > found.at); RETURN NULL; END $$;

CREATE TRIGGER result_days_insert AFTER INSERT ON action_targets FOR EACH ROW EXECUTE FUNCTION result_days_insert_action_targets();

CREATE FUNCTION result_days_update_action_targets() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT OLD.claimed_at AS at UNION SELECT OLD.finished_at AS at UNION SELECT NEW.claimed_at AS at UNION SELECT NEW.finished_at AS at UNION SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (person_id = OLD.person_id OR person_id = NEW.person_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); RETURN NULL; END $$;

CREATE TRIGGER result_days_update AFTER UPDATE OF action_id, source, step_kind, status, reason, person_id, account_id, recipient, followed_us, claimed_at, finished_at ON action_targets FOR EACH ROW EXECUTE FUNCTION result_days_update_action_targets();

CREATE FUNCTION result_days_delete_action_targets() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT OLD.claimed_at AS at UNION SELECT OLD.finished_at AS at UNION SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (person_id = OLD.person_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); RETURN NULL; END $$;

CREATE TRIGGER result_days_delete AFTER DELETE ON action_targets FOR EACH ROW EXECUTE FUNCTION result_days_delete_action_targets();

CREATE FUNCTION result_days_insert_messages() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = NEW.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = NEW.user_id AND (id = NEW.target_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = NEW.user_id AND begins <= found.at) WHERE d.user_id = NEW.user_id AND d.ends > found.at); RETURN NULL; END $$;

CREATE TRIGGER result_days_insert AFTER INSERT ON messages FOR EACH ROW EXECUTE FUNCTION result_days_insert_messages();

CREATE FUNCTION result_days_update_messages() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (id = OLD.target_id OR id = NEW.target_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); RETURN NULL; END $$;

CREATE TRIGGER result_days_update AFTER UPDATE OF target_id, variant ON messages FOR EACH ROW EXECUTE FUNCTION result_days_update_messages();

CREATE FUNCTION result_days_delete_messages() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (id = OLD.target_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); RETURN NULL; END $$;

CREATE TRIGGER result_days_delete AFTER DELETE ON messages FOR EACH ROW EXECUTE FUNCTION result_days_delete_messages();

CREATE FUNCTION result_days_insert_relations() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = NEW.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = NEW.user_id AND (person_id = NEW.person_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = NEW.user_id AND begins <= found.at) WHERE d.user_id = NEW.user_id AND d.ends > found.at); RETURN NULL; END $$;

CREATE TRIGGER result_days_insert AFTER INSERT ON relations FOR EACH ROW EXECUTE FUNCTION result_days_insert_relations();

CREATE FUNCTION result_days_update_relations() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (person_id = OLD.person_id OR person_id = NEW.person_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); RETURN NULL; END $$;

CREATE TRIGGER result_days_update AFTER UPDATE OF account_id, person_id, followed_us_before, followed_at, requested_at, accepted_at, declined_at, back_at, seen_until, gone_at, no_since, no_until ON relations FOR EACH ROW EXECUTE FUNCTION result_days_update_relations();

CREATE FUNCTION result_days_delete_relations() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (person_id = OLD.person_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); RETURN NULL; END $$;

CREATE TRIGGER result_days_delete AFTER DELETE ON relations FOR EACH ROW EXECUTE FUNCTION result_days_delete_relations();

CREATE FUNCTION result_days_insert_contacts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = NEW.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = NEW.user_id AND (recipient = NEW.instagram_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = NEW.user_id AND begins <= found.at) WHERE d.user_id = NEW.user_id AND d.ends > found.at); RETURN NULL; END $$;

CREATE TRIGGER result_days_insert AFTER INSERT ON contacts FOR EACH ROW EXECUTE FUNCTION result_days_insert_contacts();

CREATE FUNCTION result_days_update_contacts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (recipient = OLD.instagram_id OR recipient = NEW.instagram_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); RETURN NULL; END $$;

CREATE TRIGGER result_days_update AFTER UPDATE OF instagram_id, answered_at, stopped_at, unread ON contacts FOR EACH ROW EXECUTE FUNCTION result_days_update_contacts();

CREATE FUNCTION result_days_delete_contacts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (recipient = OLD.instagram_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); RETURN NULL; END $$;

CREATE TRIGGER result_days_delete AFTER DELETE ON contacts FOR EACH ROW EXECUTE FUNCTION result_days_delete_contacts();

CREATE FUNCTION result_days_insert_answers() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = NEW.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = NEW.user_id AND (recipient = NEW.instagram_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = NEW.user_id AND begins <= found.at) WHERE d.user_id = NEW.user_id AND d.ends > found.at); RETURN NULL; END $$;

CREATE TRIGGER result_days_insert AFTER INSERT ON answers FOR EACH ROW EXECUTE FUNCTION result_days_insert_answers();

CREATE FUNCTION result_days_update_answers() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (recipient = OLD.instagram_id OR recipient = NEW.instagram_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); RETURN NULL; END $$;

CREATE TRIGGER result_days_update AFTER UPDATE OF instagram_id, account_id, at, in_group, mark ON answers FOR EACH ROW EXECUTE FUNCTION result_days_update_answers();

CREATE FUNCTION result_days_delete_answers() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (recipient = OLD.instagram_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); RETURN NULL; END $$;

CREATE TRIGGER result_days_delete AFTER DELETE ON answers FOR EACH ROW EXECUTE FUNCTION result_days_delete_answers();

UPDATE alembic_version SET version_num='0032' WHERE alembic_version.version_num = '0031';

DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relrowsecurity LOOP
    EXECUTE 'ALTER TABLE ' || name || ' FORCE ROW LEVEL SECURITY';
  END LOOP;
END $$;

COMMIT;
