-- Written by `make sql` from versions/0022_answers.py. To apply it: sqlite3 -bail troupe.db < migrations/0022_answers.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running downgrade 0022 -> 0021

UPDATE alert_channels SET event = NULL, due_at = NULL WHERE event LIKE 'answer%';

UPDATE alert_channels SET muted = replace(replace(replace(replace(replace(replace(replace(replace(replace(CAST(muted AS TEXT), ', "answer"', ''), '"answer", ', ''), '"answer"', ''), ', "answer_stop"', ''), '"answer_stop", ', ''), '"answer_stop"', ''), ', "answer_positive"', ''), '"answer_positive", ', ''), '"answer_positive"', '');

ALTER TABLE contacts DROP COLUMN forgotten_at;

ALTER TABLE bot_settings DROP COLUMN answer_days;

ALTER TABLE bot_settings DROP COLUMN positive_words;

DROP TABLE answers;

UPDATE alembic_version SET version_num='0021' WHERE alembic_version.version_num = '0022';

COMMIT;
