-- Written by `make sql` from versions/0022_answers.py. To apply it: sqlite3 -bail troupe.db < migrations/0022_answers.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0021 -> 0022

CREATE TABLE answers (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    instagram_id VARCHAR(32) NOT NULL,
    thread_id VARCHAR(64) NOT NULL,
    item_id VARCHAR(64) NOT NULL,
    at DATETIME NOT NULL,
    sort VARCHAR(16) NOT NULL,
    text_encrypted BLOB,
    in_group BOOLEAN NOT NULL,
    mark VARCHAR(16),
    mark_by VARCHAR(16),
    rule VARCHAR(32),
    read_at DATETIME,
    done_at DATETIME,
    forget_at DATETIME,
    CONSTRAINT pk_answers PRIMARY KEY (id),
    CONSTRAINT fk_answers_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_answers_user_id_item_id UNIQUE (user_id, item_id)
);

CREATE INDEX ix_answers_user_id_instagram_id_at ON answers (user_id, instagram_id, at);

CREATE INDEX ix_answers_unread ON answers (user_id, instagram_id) WHERE read_at IS NULL;

CREATE INDEX ix_answers_kept ON answers (forget_at) WHERE forget_at IS NOT NULL;

ALTER TABLE bot_settings ADD COLUMN positive_words JSON DEFAULT '[]' NOT NULL;

ALTER TABLE bot_settings ADD COLUMN answer_days INTEGER DEFAULT '180' NOT NULL;

ALTER TABLE contacts ADD COLUMN forgotten_at DATETIME;

UPDATE alert_channels SET muted = CASE WHEN CAST(muted AS TEXT) = '[]' THEN '["answer", "answer_stop", "answer_positive"]' ELSE replace(CAST(muted AS TEXT), ']', ', "answer", "answer_stop", "answer_positive"]') END;

UPDATE alembic_version SET version_num='0022' WHERE alembic_version.version_num = '0021';

COMMIT;
