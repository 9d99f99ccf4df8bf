-- Written by `make sql` from versions/0010_one_idempotency.py. To apply it: sqlite3 -bail troupe.db < migrations/0010_one_idempotency.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

INSERT INTO idempotency_keys (id, user_id, key, request_digest, status, answer, created_at) SELECT id, user_id, idempotency_key, coalesce(request_digest, ''), 202, json_object('action_id', id), created_at FROM actions WHERE idempotency_key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM idempotency_keys AS taken WHERE taken.user_id = actions.user_id AND taken.key = actions.idempotency_key);

CREATE TABLE _alembic_tmp_actions (
	id VARCHAR(36) NOT NULL,
	user_id VARCHAR(36) NOT NULL,
	kind VARCHAR(32) NOT NULL,
	status VARCHAR(16) NOT NULL,
	params JSON NOT NULL,
	total INTEGER NOT NULL,
	listed BOOLEAN NOT NULL,
	cursor VARCHAR(2000),
	searched BOOLEAN NOT NULL,
	failures INTEGER NOT NULL,
	error_code VARCHAR(32),
	start_at DATETIME,
	repeat JSON,
	series VARCHAR(36),
	request_id VARCHAR(64),
	created_at DATETIME NOT NULL,
	started_at DATETIME,
	last_step_at DATETIME,
	finished_at DATETIME,
	last_turn_at DATETIME,
	CONSTRAINT fk_actions_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
	CONSTRAINT pk_actions PRIMARY KEY (id),
	CONSTRAINT uq_actions_user_id_id UNIQUE (user_id, id)
);

INSERT INTO _alembic_tmp_actions (id, user_id, kind, status, params, total, listed, cursor, searched, failures, error_code, start_at, repeat, series, request_id, created_at, started_at, last_step_at, finished_at, last_turn_at) SELECT actions.id, actions.user_id, actions.kind, actions.status, actions.params, actions.total, actions.listed, actions.cursor, actions.searched, actions.failures, actions.error_code, actions.start_at, actions.repeat, actions.series, actions.request_id, actions.created_at, actions.started_at, actions.last_step_at, actions.finished_at, actions.last_turn_at
FROM actions;

DROP TABLE actions;

ALTER TABLE _alembic_tmp_actions RENAME TO actions;

CREATE INDEX ix_actions_user_id_created_at_id ON actions (user_id, created_at, id);

CREATE INDEX ix_actions_user_id_status ON actions (user_id, status);

UPDATE alembic_version SET version_num='0010' WHERE alembic_version.version_num = '0009';

COMMIT;
