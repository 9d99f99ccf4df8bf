-- Written by `make sql` from versions/0032_result_days.py. To apply it: sqlite3 -bail troupe.db < migrations/0032_result_days.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0031 -> 0032

CREATE TABLE result_days (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    begins DATETIME NOT NULL,
    ends DATETIME NOT NULL,
    changes BIGINT NOT NULL,
    counted BIGINT,
    counted_at DATETIME,
    good_until DATETIME,
    basis VARCHAR(128),
    numbers JSON,
    hours JSON,
    CONSTRAINT pk_result_days PRIMARY KEY (id),
    CONSTRAINT fk_result_days_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_result_days_user_id_begins UNIQUE (user_id, begins)
);

CREATE TRIGGER result_days_insert_action_targets AFTER INSERT ON action_targets BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = NEW.user_id AND id IN (SELECT d.id FROM (SELECT NEW.claimed_at AS at UNION SELECT NEW.finished_at AS at UNION SELECT claimed_at AS at FROM action_targets WHERE user_id = NEW.user_id AND (person_id = NEW.person_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = NEW.user_id AND begins <= found.at) WHERE d.user_id = NEW.user_id AND d.ends > found.at); END;

CREATE TRIGGER result_days_update_action_targets AFTER UPDATE OF action_id, source, step_kind, status, reason, person_id, account_id, recipient, followed_us, claimed_at, finished_at ON action_targets BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT OLD.claimed_at AS at UNION SELECT OLD.finished_at AS at UNION SELECT NEW.claimed_at AS at UNION SELECT NEW.finished_at AS at UNION SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (person_id = OLD.person_id OR person_id = NEW.person_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); END;

CREATE TRIGGER result_days_delete_action_targets AFTER DELETE ON action_targets BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT OLD.claimed_at AS at UNION SELECT OLD.finished_at AS at UNION SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (person_id = OLD.person_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); END;

CREATE TRIGGER result_days_insert_messages AFTER INSERT ON messages BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = NEW.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = NEW.user_id AND (id = NEW.target_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = NEW.user_id AND begins <= found.at) WHERE d.user_id = NEW.user_id AND d.ends > found.at); END;

CREATE TRIGGER result_days_update_messages AFTER UPDATE OF target_id, variant ON messages BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (id = OLD.target_id OR id = NEW.target_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); END;

CREATE TRIGGER result_days_delete_messages AFTER DELETE ON messages BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (id = OLD.target_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); END;

CREATE TRIGGER result_days_insert_relations AFTER INSERT ON relations BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = NEW.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = NEW.user_id AND (person_id = NEW.person_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = NEW.user_id AND begins <= found.at) WHERE d.user_id = NEW.user_id AND d.ends > found.at); END;

CREATE TRIGGER result_days_update_relations AFTER UPDATE OF account_id, person_id, followed_us_before, followed_at, requested_at, accepted_at, declined_at, back_at, seen_until, gone_at, no_since, no_until ON relations BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (person_id = OLD.person_id OR person_id = NEW.person_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); END;

CREATE TRIGGER result_days_delete_relations AFTER DELETE ON relations BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (person_id = OLD.person_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); END;

CREATE TRIGGER result_days_insert_contacts AFTER INSERT ON contacts BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = NEW.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = NEW.user_id AND (recipient = NEW.instagram_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = NEW.user_id AND begins <= found.at) WHERE d.user_id = NEW.user_id AND d.ends > found.at); END;

CREATE TRIGGER result_days_update_contacts AFTER UPDATE OF instagram_id, answered_at, stopped_at, unread ON contacts BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (recipient = OLD.instagram_id OR recipient = NEW.instagram_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); END;

CREATE TRIGGER result_days_delete_contacts AFTER DELETE ON contacts BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (recipient = OLD.instagram_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); END;

CREATE TRIGGER result_days_insert_answers AFTER INSERT ON answers BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = NEW.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = NEW.user_id AND (recipient = NEW.instagram_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = NEW.user_id AND begins <= found.at) WHERE d.user_id = NEW.user_id AND d.ends > found.at); END;

CREATE TRIGGER result_days_update_answers AFTER UPDATE OF instagram_id, account_id, at, in_group, mark ON answers BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (recipient = OLD.instagram_id OR recipient = NEW.instagram_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); END;

CREATE TRIGGER result_days_delete_answers AFTER DELETE ON answers BEGIN UPDATE result_days SET changes = changes + 1 WHERE user_id = OLD.user_id AND id IN (SELECT d.id FROM (SELECT claimed_at AS at FROM action_targets WHERE user_id = OLD.user_id AND (recipient = OLD.instagram_id)) found JOIN result_days d ON d.begins = (SELECT max(begins) FROM result_days WHERE user_id = OLD.user_id AND begins <= found.at) WHERE d.user_id = OLD.user_id AND d.ends > found.at); END;

UPDATE alembic_version SET version_num='0032' WHERE alembic_version.version_num = '0031';

COMMIT;
