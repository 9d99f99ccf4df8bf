-- Written by `make sql` from versions/0005_kinds_of_sign_ins.py. To apply it: sqlite3 -bail troupe.db < migrations/0005_kinds_of_sign_ins.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0005 -> 0004

DELETE FROM user_sessions WHERE kind = 'first_version';

ALTER TABLE account_requests DROP COLUMN told_at;

ALTER TABLE pending_sign_ins DROP COLUMN remember;

ALTER TABLE user_sessions DROP COLUMN kind;

UPDATE alembic_version SET version_num='0004' WHERE alembic_version.version_num = '0005';

COMMIT;
