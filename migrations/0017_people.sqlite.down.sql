-- Written by `make sql` from versions/0017_people.py. To apply it: sqlite3 -bail troupe.db < migrations/0017_people.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0017 -> 0016

DROP INDEX ix_action_targets_person_id;

ALTER TABLE action_targets DROP COLUMN person_id;

DROP TABLE people;

UPDATE alembic_version SET version_num='0016' WHERE alembic_version.version_num = '0017';

COMMIT;
