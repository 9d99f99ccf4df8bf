-- Written by `make sql` from versions/0001_add_bot_instances.py. To apply it: sqlite3 -bail troupe.db < migrations/0001_add_bot_instances.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 0001

CREATE TABLE audit_log (
    id VARCHAR(36) NOT NULL,
    at DATETIME NOT NULL,
    actor_id VARCHAR(36),
    event VARCHAR(64) NOT NULL,
    subject_id VARCHAR(36),
    ip VARCHAR(64),
    detail VARCHAR(200),
    request_id VARCHAR(64),
    CONSTRAINT pk_audit_log PRIMARY KEY (id)
);

CREATE INDEX ix_audit_log_at_id ON audit_log (at, id);

CREATE INDEX ix_audit_log_subject_id_at ON audit_log (subject_id, at);

CREATE TABLE error_codes (
    code VARCHAR(32) NOT NULL,
    name VARCHAR(64) NOT NULL,
    module VARCHAR(8) NOT NULL,
    severity VARCHAR(16) NOT NULL,
    description TEXT NOT NULL,
    file_path VARCHAR(255),
    recommended_action TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_error_codes PRIMARY KEY (code)
);

CREATE TABLE attempts (
    id VARCHAR(36) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    name VARCHAR(254) NOT NULL,
    network VARCHAR(64) NOT NULL,
    device_id VARCHAR(36),
    at DATETIME NOT NULL,
    CONSTRAINT pk_attempts PRIMARY KEY (id)
);

CREATE INDEX ix_attempts_at ON attempts (at);

CREATE INDEX ix_attempts_kind_at ON attempts (kind, at);

CREATE TABLE kill_switch (
    id VARCHAR(16) NOT NULL,
    set_by VARCHAR(36),
    set_at DATETIME NOT NULL,
    reason VARCHAR(200) NOT NULL,
    CONSTRAINT pk_kill_switch PRIMARY KEY (id)
);

CREATE TABLE users (
    id VARCHAR(36) NOT NULL,
    username VARCHAR(64) NOT NULL,
    instagram_username VARCHAR(64),
    instagram_id VARCHAR(32),
    email VARCHAR(254),
    email_verified_at DATETIME,
    password VARCHAR(255) NOT NULL,
    role VARCHAR(16) NOT NULL,
    must_change_password BOOLEAN NOT NULL,
    first_password_expires_at DATETIME,
    is_active BOOLEAN NOT NULL,
    auth_epoch INTEGER NOT NULL,
    totp_secret_encrypted BLOB,
    totp_confirmed_at DATETIME,
    totp_last_step BIGINT NOT NULL,
    created_at DATETIME NOT NULL,
    last_login_at DATETIME,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_instagram_username UNIQUE (instagram_username),
    CONSTRAINT uq_users_username UNIQUE (username)
);

CREATE TABLE recovery_requests (
    id VARCHAR(36) NOT NULL,
    name_encrypted BLOB,
    ip VARCHAR(64) NOT NULL,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_recovery_requests PRIMARY KEY (id)
);

CREATE TABLE registrations (
    id VARCHAR(36) NOT NULL,
    username VARCHAR(64) NOT NULL,
    email VARCHAR(254) NOT NULL,
    password VARCHAR(255) NOT NULL,
    token_hash VARCHAR(64),
    ip VARCHAR(64) NOT NULL,
    created_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    answered_at DATETIME,
    CONSTRAINT pk_registrations PRIMARY KEY (id),
    CONSTRAINT uq_registrations_token_hash UNIQUE (token_hash)
);

CREATE INDEX ix_registrations_expires_at ON registrations (expires_at);

CREATE TABLE vault_keys (
    key_id VARCHAR(16) NOT NULL,
    check_value VARCHAR(64) NOT NULL,
    created_at DATETIME NOT NULL,
    retired_at DATETIME,
    CONSTRAINT pk_vault_keys PRIMARY KEY (key_id)
);

CREATE TABLE account_requests (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    status VARCHAR(16) NOT NULL,
    username VARCHAR(64),
    secret_encrypted BLOB,
    params JSON,
    sign_in_id VARCHAR(36),
    asked_with VARCHAR(64),
    result JSON,
    error_code VARCHAR(32),
    error_message VARCHAR(500),
    created_at DATETIME NOT NULL,
    finished_at DATETIME,
    CONSTRAINT pk_account_requests PRIMARY KEY (id),
    CONSTRAINT fk_account_requests_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_account_requests_user_id ON account_requests (user_id);

CREATE TABLE actions (
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
    idempotency_key VARCHAR(128),
    request_digest VARCHAR(64),
    request_id VARCHAR(64),
    created_at DATETIME NOT NULL,
    started_at DATETIME,
    last_step_at DATETIME,
    finished_at DATETIME,
    CONSTRAINT pk_actions PRIMARY KEY (id),
    CONSTRAINT fk_actions_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_actions_user_id_id UNIQUE (user_id, id),
    CONSTRAINT uq_actions_user_id_idempotency_key UNIQUE (user_id, idempotency_key)
);

CREATE INDEX ix_actions_user_id_created_at_id ON actions (user_id, created_at, id);

CREATE INDEX ix_actions_user_id_status ON actions (user_id, status);

CREATE TABLE activity_logs (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    at DATETIME NOT NULL,
    action VARCHAR(32) NOT NULL,
    status VARCHAR(16) NOT NULL,
    target VARCHAR(64),
    action_id VARCHAR(36),
    error_code VARCHAR(32),
    error_message VARCHAR(500),
    metadata JSON NOT NULL,
    CONSTRAINT pk_activity_logs PRIMARY KEY (id),
    CONSTRAINT fk_activity_logs_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_activity_logs_user_id_at_id ON activity_logs (user_id, at, id);

CREATE TABLE bot_instances (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    sqlite_db_path VARCHAR(1024) NOT NULL,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_bot_instances PRIMARY KEY (id),
    CONSTRAINT fk_bot_instances_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_bot_instances_user_id UNIQUE (user_id)
);

CREATE TABLE bot_settings (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    timezone VARCHAR(64) NOT NULL,
    timezone_changed_at DATETIME,
    hours JSON NOT NULL,
    pause JSON,
    warm_up BOOLEAN NOT NULL,
    filters JSON NOT NULL,
    keep JSON NOT NULL,
    stop_words JSON NOT NULL,
    CONSTRAINT pk_bot_settings PRIMARY KEY (id),
    CONSTRAINT fk_bot_settings_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_bot_settings_user_id UNIQUE (user_id)
);

CREATE TABLE contacts (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    instagram_id VARCHAR(32) NOT NULL,
    username VARCHAR(64) NOT NULL,
    written_at DATETIME NOT NULL,
    answered_at DATETIME,
    answer_id VARCHAR(64),
    stopped BOOLEAN NOT NULL,
    stopped_at DATETIME,
    unread JSON,
    CONSTRAINT pk_contacts PRIMARY KEY (id),
    CONSTRAINT fk_contacts_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_contacts_user_id_instagram_id UNIQUE (user_id, instagram_id)
);

CREATE TABLE cool_downs (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    until DATETIME NOT NULL,
    error_code VARCHAR(32) NOT NULL,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_cool_downs PRIMARY KEY (id),
    CONSTRAINT fk_cool_downs_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_cool_downs_user_id ON cool_downs (user_id);

CREATE TABLE daily_limits (
    id VARCHAR(36) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    per_day INTEGER,
    per_hour INTEGER,
    ceiling INTEGER,
    ceiling_hour INTEGER,
    delay_min DOUBLE,
    delay_max DOUBLE,
    user_id VARCHAR(36),
    CONSTRAINT pk_daily_limits PRIMARY KEY (id),
    CONSTRAINT fk_daily_limits_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_daily_limits_user_id ON daily_limits (user_id);

CREATE TABLE alert_channels (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    address VARCHAR(300) NOT NULL,
    url_encrypted BLOB,
    secret_encrypted BLOB,
    created_at DATETIME NOT NULL,
    event VARCHAR(32),
    error_code VARCHAR(32),
    happened_at DATETIME,
    due_at DATETIME,
    tries INTEGER NOT NULL,
    sent_at DATETIME,
    failure VARCHAR(300),
    CONSTRAINT pk_alert_channels PRIMARY KEY (id),
    CONSTRAINT fk_alert_channels_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_alert_channels_due_at ON alert_channels (due_at);

CREATE INDEX ix_alert_channels_user_id ON alert_channels (user_id);

CREATE TABLE do_not_contact (
    id VARCHAR(36) NOT NULL,
    username VARCHAR(64) NOT NULL,
    instagram_id VARCHAR(32),
    source VARCHAR(16) NOT NULL,
    note VARCHAR(200),
    created_at DATETIME NOT NULL,
    user_id VARCHAR(36),
    CONSTRAINT pk_do_not_contact PRIMARY KEY (id),
    CONSTRAINT fk_do_not_contact_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_do_not_contact_instagram_id ON do_not_contact (instagram_id);

CREATE INDEX ix_do_not_contact_user_id ON do_not_contact (user_id);

CREATE INDEX ix_do_not_contact_username ON do_not_contact (username);

CREATE TABLE earlier_calls (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    step_kind VARCHAR(16) NOT NULL,
    claimed_at DATETIME NOT NULL,
    CONSTRAINT pk_earlier_calls PRIMARY KEY (id),
    CONSTRAINT fk_earlier_calls_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_earlier_calls_user_id_step_kind_claimed_at ON earlier_calls (user_id, step_kind, claimed_at);

CREATE TABLE instagram_credentials (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    username VARCHAR(64) NOT NULL,
    instagram_id VARCHAR(32),
    password_encrypted BLOB,
    session_data_encrypted BLOB,
    proxy_encrypted BLOB,
    version VARCHAR(36) NOT NULL,
    verification_kind VARCHAR(16),
    verification_sent_to VARCHAR(128),
    verification_expires_at DATETIME,
    verification_attempts INTEGER NOT NULL,
    verification_state_encrypted BLOB,
    linked_at DATETIME,
    created_at DATETIME NOT NULL,
    updated_at DATETIME NOT NULL,
    CONSTRAINT pk_instagram_credentials PRIMARY KEY (id),
    CONSTRAINT fk_instagram_credentials_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_instagram_credentials_instagram_id UNIQUE (instagram_id),
    CONSTRAINT uq_instagram_credentials_user_id UNIQUE (user_id)
);

CREATE TABLE mails (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36),
    purpose VARCHAR(32) NOT NULL,
    recipient VARCHAR(254) NOT NULL,
    subject VARCHAR(200) NOT NULL,
    text_encrypted BLOB,
    tries INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    due_at DATETIME,
    sent_at DATETIME,
    error_code VARCHAR(32),
    CONSTRAINT pk_mails PRIMARY KEY (id),
    CONSTRAINT fk_mails_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_mails_created_at_id ON mails (created_at, id);

CREATE INDEX ix_mails_due_at ON mails (due_at);

CREATE INDEX ix_mails_user_id ON mails (user_id);

CREATE TABLE mail_tokens (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    purpose VARCHAR(16) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    address VARCHAR(254) NOT NULL,
    created_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    CONSTRAINT pk_mail_tokens PRIMARY KEY (id),
    CONSTRAINT fk_mail_tokens_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_mail_tokens_token_hash UNIQUE (token_hash)
);

CREATE INDEX ix_mail_tokens_user_id ON mail_tokens (user_id);

CREATE TABLE pending_sign_ins (
    id VARCHAR(36) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    auth_epoch INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    expires_at DATETIME NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    CONSTRAINT pk_pending_sign_ins PRIMARY KEY (id),
    CONSTRAINT fk_pending_sign_ins_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_pending_sign_ins_token_hash UNIQUE (token_hash)
);

CREATE INDEX ix_pending_sign_ins_user_id ON pending_sign_ins (user_id);

CREATE TABLE recovery_codes (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    lookup VARCHAR(4) NOT NULL,
    code_hash VARCHAR(255) NOT NULL,
    created_at DATETIME NOT NULL,
    used_at DATETIME,
    CONSTRAINT pk_recovery_codes PRIMARY KEY (id),
    CONSTRAINT fk_recovery_codes_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_recovery_codes_user_id_lookup UNIQUE (user_id, lookup)
);

CREATE TABLE user_bot_status (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    instagram_username VARCHAR(64),
    session_valid BOOLEAN NOT NULL,
    last_tested DATETIME,
    bot_running BOOLEAN NOT NULL,
    last_error_code VARCHAR(32),
    last_error_message VARCHAR(500),
    last_error_at DATETIME,
    stop_reason VARCHAR(64),
    next_step_at DATETIME,
    paces JSON NOT NULL,
    replies_read_at DATETIME,
    replies_failed_at DATETIME,
    ring_missed BOOLEAN NOT NULL,
    revision INTEGER NOT NULL,
    CONSTRAINT pk_user_bot_status PRIMARY KEY (id),
    CONSTRAINT fk_user_bot_status_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_user_bot_status_user_id UNIQUE (user_id)
);

CREATE TABLE idempotency_keys (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    "key" VARCHAR(128) NOT NULL,
    request_digest VARCHAR(64) NOT NULL,
    status INTEGER,
    answer JSON,
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_idempotency_keys PRIMARY KEY (id),
    CONSTRAINT fk_idempotency_keys_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_idempotency_keys_user_id_key UNIQUE (user_id, "key")
);

CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);

CREATE TABLE known_devices (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    created_at DATETIME NOT NULL,
    last_used_at DATETIME NOT NULL,
    CONSTRAINT pk_known_devices PRIMARY KEY (id),
    CONSTRAINT fk_known_devices_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_known_devices_token_hash UNIQUE (token_hash)
);

CREATE INDEX ix_known_devices_user_id ON known_devices (user_id);

CREATE TABLE user_sessions (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    auth_epoch INTEGER NOT NULL,
    needs_code BOOLEAN NOT NULL,
    confirmed_at DATETIME,
    created_at DATETIME NOT NULL,
    last_seen_at DATETIME NOT NULL,
    expires_at DATETIME NOT NULL,
    ip VARCHAR(64) NOT NULL,
    user_agent VARCHAR(255) NOT NULL,
    ended_at DATETIME,
    end_reason VARCHAR(32),
    CONSTRAINT pk_user_sessions PRIMARY KEY (id),
    CONSTRAINT fk_user_sessions_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_user_sessions_token_hash UNIQUE (token_hash)
);

CREATE INDEX ix_user_sessions_user_id_created_at_id ON user_sessions (user_id, created_at, id);

CREATE INDEX ix_user_sessions_ended_at_created_at_id ON user_sessions (ended_at, created_at, id);

CREATE TABLE action_targets (
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
    CONSTRAINT pk_action_targets PRIMARY KEY (id),
    CONSTRAINT fk_action_targets_user_id_actions FOREIGN KEY(user_id, action_id) REFERENCES actions (user_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_action_targets_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_action_targets_action_id_target UNIQUE (action_id, target),
    CONSTRAINT uq_action_targets_user_id_id UNIQUE (user_id, id),
    CONSTRAINT uq_action_targets_user_id_recipient_purpose UNIQUE (user_id, recipient, purpose)
);

CREATE INDEX ix_action_targets_user_id_action_id_status_position ON action_targets (user_id, action_id, status, position);

CREATE INDEX ix_action_targets_user_id_step_kind_claimed_at ON action_targets (user_id, step_kind, claimed_at);

CREATE INDEX ix_action_targets_user_id_step_kind_target ON action_targets (user_id, step_kind, target);

CREATE TABLE messages (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    target_id VARCHAR(36) NOT NULL,
    text TEXT NOT NULL,
    digest VARCHAR(64) NOT NULL,
    token VARCHAR(32) NOT NULL,
    look_ups INTEGER NOT NULL,
    item_id VARCHAR(64),
    thread_id VARCHAR(64),
    created_at DATETIME NOT NULL,
    CONSTRAINT pk_messages PRIMARY KEY (id),
    CONSTRAINT fk_messages_user_id_action_targets FOREIGN KEY(user_id, target_id) REFERENCES action_targets (user_id, id) ON DELETE CASCADE,
    CONSTRAINT fk_messages_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_messages_user_id_target_id UNIQUE (user_id, target_id)
);

CREATE INDEX ix_messages_user_id_digest ON messages (user_id, digest);

CREATE UNIQUE INDEX uq_daily_limits_user_kind ON daily_limits (coalesce(user_id, ''), kind);

CREATE UNIQUE INDEX uq_do_not_contact_user_username ON do_not_contact (coalesce(user_id, ''), username);

CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER audit_log_no_replacement BEFORE INSERT ON audit_log WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

INSERT INTO alembic_version (version_num) VALUES ('0001') RETURNING version_num;

COMMIT;
