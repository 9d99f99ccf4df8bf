-- Written by `make sql` from versions/0010_one_idempotency.py. To apply it: sqlite3 -bail troupe.db < migrations/0010_one_idempotency.sqlite.down.sql
PRAGMA foreign_keys = OFF;

BEGIN;

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
	idempotency_key VARCHAR(128),
	request_digest VARCHAR(64),
	CONSTRAINT fk_actions_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
	CONSTRAINT pk_actions PRIMARY KEY (id),
	CONSTRAINT uq_actions_user_id_id UNIQUE (user_id, id),
	CONSTRAINT uq_actions_user_id_idempotency_key UNIQUE (user_id, idempotency_key)
);

INSERT INTO _alembic_tmp_actions (id, user_id, kind, status, params, total, listed, cursor, searched, failures, error_code, start_at, repeat, series, request_id, created_at, started_at, last_step_at, finished_at, last_turn_at) SELECT actions.id, actions.user_id, actions.kind, actions.status, actions.params, actions.total, actions.listed, actions.cursor, actions.searched, actions.failures, actions.error_code, actions.start_at, actions.repeat, actions.series, actions.request_id, actions.created_at, actions.started_at, actions.last_step_at, actions.finished_at, actions.last_turn_at
FROM actions;

DROP TABLE actions;

ALTER TABLE _alembic_tmp_actions RENAME TO actions;

CREATE INDEX ix_actions_user_id_created_at_id ON actions (user_id, created_at, id);

CREATE INDEX ix_actions_user_id_status ON actions (user_id, status);

UPDATE actions SET idempotency_key = (SELECT key FROM idempotency_keys WHERE idempotency_keys.id = actions.id);

UPDATE actions SET request_digest = (SELECT request_digest FROM idempotency_keys WHERE idempotency_keys.id = actions.id);

DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM actions);

UPDATE alembic_version SET version_num='0009' WHERE alembic_version.version_num = '0010';

COMMIT;
