-- Written by `make sql` from versions/0028_contacts_by_time.py. To apply it: sqlite3 -bail troupe.db < migrations/0028_contacts_by_time.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0027 -> 0028

CREATE INDEX ix_contacts_user_id_written_at ON contacts (user_id, written_at);

CREATE INDEX ix_contacts_unread ON contacts (user_id) WHERE unread IS NOT NULL;

UPDATE alembic_version SET version_num='0028' WHERE alembic_version.version_num = '0027';

COMMIT;
