-- Written by `make sql` from versions/0012_instagram_devices.py. To apply it: sqlite3 -bail troupe.db < migrations/0012_instagram_devices.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0011 -> 0012

CREATE TABLE instagram_devices (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    username VARCHAR(64) NOT NULL,
    device_encrypted BLOB,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_instagram_devices PRIMARY KEY (id),
    CONSTRAINT fk_instagram_devices_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_instagram_devices_user_id_username UNIQUE (user_id, username)
);

ALTER TABLE instagram_credentials ADD COLUMN verification_method VARCHAR(16);

ALTER TABLE instagram_credentials ADD COLUMN verification_methods JSON;

UPDATE alembic_version SET version_num='0012' WHERE alembic_version.version_num = '0011';

COMMIT;
