-- Written by `make sql` from versions/0014_look_ups.py. To apply it: sqlite3 -bail troupe.db < migrations/0014_look_ups.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0014 -> 0013

DROP INDEX ix_action_targets_to_look_up;

UPDATE alembic_version SET version_num='0013' WHERE alembic_version.version_num = '0014';

COMMIT;
