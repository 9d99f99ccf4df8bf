-- Written by `make sql` from versions/0019_settings_pages.py. To apply it: sqlite3 -bail troupe.db < migrations/0019_settings_pages.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0018 -> 0019

CREATE TABLE settings_changes (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    "before" JSON NOT NULL,
    "after" JSON NOT NULL,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_settings_changes PRIMARY KEY (id),
    CONSTRAINT fk_settings_changes_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_settings_changes_user_id ON settings_changes (user_id);

CREATE INDEX ix_settings_changes_created_at ON settings_changes (created_at);

CREATE TABLE digests (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    due_at DATETIME,
    tries INTEGER NOT NULL,
    sent_at DATETIME,
    CONSTRAINT pk_digests PRIMARY KEY (id),
    CONSTRAINT fk_digests_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_digests_user_id UNIQUE (user_id)
);

CREATE INDEX ix_digests_due_at ON digests (due_at);

ALTER TABLE alert_channels ADD COLUMN muted JSON DEFAULT '[]' NOT NULL;

ALTER TABLE user_sessions ADD COLUMN kept_form_encrypted BLOB;

ALTER TABLE user_sessions ADD COLUMN kept_form_at DATETIME;

CREATE INDEX ix_user_sessions_kept_form_at ON user_sessions (kept_form_at) WHERE kept_form_at IS NOT NULL;

UPDATE alembic_version SET version_num='0019' WHERE alembic_version.version_num = '0018';

COMMIT;
