-- Written by `make sql` from versions/0013_unknown_replies.py. To apply it: sqlite3 -bail troupe.db < migrations/0013_unknown_replies.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0013 -> 0012

DROP TABLE unknown_replies;

UPDATE alembic_version SET version_num='0012' WHERE alembic_version.version_num = '0013';

COMMIT;
