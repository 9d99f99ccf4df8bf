-- Written by `make sql` from versions/0023_reply_texts.py. To apply it: sqlite3 -bail troupe.db < migrations/0023_reply_texts.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0022 -> 0023

CREATE TABLE reply_texts (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    target_id VARCHAR(36) NOT NULL,
    text_encrypted BLOB NOT NULL,
    created_at DATETIME NOT NULL,
    forget_at DATETIME NOT NULL,
    CONSTRAINT pk_reply_texts PRIMARY KEY (id),
    CONSTRAINT fk_reply_texts_user_id_action_targets FOREIGN KEY(user_id, target_id) REFERENCES action_targets (user_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_reply_texts_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_reply_texts_user_id_target_id UNIQUE (user_id, target_id)
);

CREATE INDEX ix_reply_texts_forget_at ON reply_texts (forget_at);

UPDATE alembic_version SET version_num='0023' WHERE alembic_version.version_num = '0022';

COMMIT;
