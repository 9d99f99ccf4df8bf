-- Written by `make sql` from versions/0026_plans.py. To apply it: sqlite3 -bail troupe.db < migrations/0026_plans.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

CREATE TABLE _alembic_tmp_action_targets (
	id VARCHAR(36) NOT NULL,
	user_id VARCHAR(36) NOT NULL,
	action_id VARCHAR(36) NOT NULL,
	step_kind VARCHAR(16) NOT NULL,
	position INTEGER NOT NULL,
	target VARCHAR(64) NOT NULL,
	person VARCHAR(64) NOT NULL,
	full_name VARCHAR(150),
	instagram_id VARCHAR(64),
	account_id VARCHAR(32),
	status VARCHAR(16) NOT NULL,
	reason VARCHAR(64),
	error_code VARCHAR(32),
	attempts INTEGER NOT NULL,
	recipient VARCHAR(32),
	purpose VARCHAR(64),
	look_up_at DATETIME,
	created_at DATETIME NOT NULL,
	claimed_at DATETIME,
	finished_at DATETIME,
	first_name VARCHAR(64),
	person_id VARCHAR(36),
	followed_us BOOLEAN,
	node SMALLINT DEFAULT '0' NOT NULL,
	nth SMALLINT DEFAULT '0' NOT NULL,
	source SMALLINT,
	awaits VARCHAR(20),
	due_at DATETIME,
	CONSTRAINT fk_action_targets_user_id_actions FOREIGN KEY(user_id, action_id) REFERENCES actions (user_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_action_targets_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
	CONSTRAINT pk_action_targets PRIMARY KEY (id),
	CONSTRAINT uq_action_targets_action_id_target_node_nth UNIQUE (action_id, target, node, nth),
	CONSTRAINT uq_action_targets_user_id_id UNIQUE (user_id, id),
	CONSTRAINT uq_action_targets_user_id_recipient_purpose UNIQUE (user_id, recipient, purpose)
);

INSERT INTO _alembic_tmp_action_targets (id, user_id, action_id, step_kind, position, target, person, full_name, instagram_id, account_id, status, reason, error_code, attempts, recipient, purpose, look_up_at, created_at, claimed_at, finished_at, first_name, person_id, followed_us) SELECT action_targets.id, action_targets.user_id, action_targets.action_id, action_targets.step_kind, action_targets.position, action_targets.target, action_targets.person, action_targets.full_name, action_targets.instagram_id, action_targets.account_id, action_targets.status, action_targets.reason, action_targets.error_code, action_targets.attempts, action_targets.recipient, action_targets.purpose, action_targets.look_up_at, action_targets.created_at, action_targets.claimed_at, action_targets.finished_at, action_targets.first_name, action_targets.person_id, action_targets.followed_us
FROM action_targets;

DROP TABLE action_targets;

ALTER TABLE _alembic_tmp_action_targets RENAME TO action_targets;

CREATE INDEX ix_action_targets_later ON action_targets (user_id, action_id, node, due_at) WHERE node > 0 OR nth > 0;

CREATE INDEX ix_action_targets_person_id ON action_targets (person_id);

CREATE INDEX ix_action_targets_skipped ON action_targets (user_id, finished_at, action_id, step_kind) WHERE status = 'skipped';

CREATE INDEX ix_action_targets_to_look_up ON action_targets (user_id, action_id) WHERE look_up_at IS NOT NULL;

CREATE INDEX ix_action_targets_user_id_action_id_status_position ON action_targets (user_id, action_id, status, position);

CREATE INDEX ix_action_targets_user_id_step_kind_claimed_at ON action_targets (user_id, step_kind, claimed_at);

CREATE INDEX ix_action_targets_user_id_step_kind_target ON action_targets (user_id, step_kind, target);

CREATE TABLE action_sources (
	id VARCHAR(36) NOT NULL,
	user_id VARCHAR(36) NOT NULL,
	action_id VARCHAR(36) NOT NULL,
	number SMALLINT NOT NULL,
	label VARCHAR(128),
	cursor VARCHAR(2000),
	asked INTEGER NOT NULL,
	found INTEGER NOT NULL,
	kept INTEGER NOT NULL,
	ended VARCHAR(32),
	CONSTRAINT fk_action_sources_user_id_actions FOREIGN KEY(user_id, action_id) REFERENCES actions (user_id, id) ON DELETE CASCADE,
	CONSTRAINT fk_action_sources_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
	CONSTRAINT pk_action_sources PRIMARY KEY (id),
	CONSTRAINT uq_action_sources_action_id_number UNIQUE (action_id, number)
);

CREATE INDEX ix_action_sources_user_id ON action_sources (user_id);

INSERT INTO action_sources (id, user_id, action_id, number, cursor, asked, found, kept) SELECT id, user_id, id, 0, cursor, 1, 0, 0 FROM actions WHERE cursor IS NOT NULL;

ALTER TABLE actions DROP COLUMN cursor;

UPDATE alembic_version SET version_num='0026' WHERE alembic_version.version_num = '0025';

COMMIT;
