-- Written by `make sql` from versions/0019_settings_pages.py. To apply it: sqlite3 -bail troupe.db < migrations/0019_settings_pages.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0019 -> 0018

DROP INDEX ix_user_sessions_kept_form_at;

ALTER TABLE user_sessions DROP COLUMN kept_form_at;

ALTER TABLE user_sessions DROP COLUMN kept_form_encrypted;

ALTER TABLE alert_channels DROP COLUMN muted;

DROP TABLE digests;

DROP TABLE settings_changes;

UPDATE alembic_version SET version_num='0018' WHERE alembic_version.version_num = '0019';

COMMIT;
