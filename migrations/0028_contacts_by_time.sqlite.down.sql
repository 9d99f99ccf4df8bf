-- Written by `make sql` from versions/0028_contacts_by_time.py. To apply it: sqlite3 -bail troupe.db < migrations/0028_contacts_by_time.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0028 -> 0027

DROP INDEX ix_contacts_unread;

DROP INDEX ix_contacts_user_id_written_at;

UPDATE alembic_version SET version_num='0027' WHERE alembic_version.version_num = '0028';

COMMIT;
