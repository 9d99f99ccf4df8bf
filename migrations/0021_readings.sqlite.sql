-- Written by `make sql` from versions/0021_readings.py. To apply it: sqlite3 -bail troupe.db < migrations/0021_readings.sqlite.sql
PRAGMA foreign_keys = OFF;

BEGIN;

-- Running upgrade 0020 -> 0021

CREATE TABLE relations (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    account_id VARCHAR(32) NOT NULL,
    person_id VARCHAR(36) NOT NULL,
    followed_us_before BOOLEAN,
    followed_at DATETIME,
    requested_at DATETIME,
    accepted_at DATETIME,
    declined_at DATETIME,
    back_at DATETIME,
    back_by VARCHAR(8),
    seen_until DATETIME,
    gone_at DATETIME,
    no_until DATETIME,
    asked_at DATETIME,
    unfollowed_at DATETIME,
    CONSTRAINT pk_relations PRIMARY KEY (id),
    CONSTRAINT fk_relations_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_relations_person_id_people FOREIGN KEY(person_id) REFERENCES people (id) ON DELETE CASCADE,
    CONSTRAINT uq_relations_user_id_account_id_person_id UNIQUE (user_id, account_id, person_id)
);

CREATE INDEX ix_relations_person_id ON relations (person_id);

CREATE TABLE account_days (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    account_id VARCHAR(32) NOT NULL,
    day DATE NOT NULL,
    followers INTEGER,
    following INTEGER,
    posts INTEGER,
    read_at DATETIME,
    reads INTEGER NOT NULL,
    CONSTRAINT pk_account_days PRIMARY KEY (id),
    CONSTRAINT fk_account_days_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_account_days_user_id_account_id_day UNIQUE (user_id, account_id, day)
);

CREATE TABLE follower_reads (
    id VARCHAR(36) NOT NULL,
    user_id VARCHAR(36) NOT NULL,
    account_id VARCHAR(32) NOT NULL,
    read_at DATETIME,
    newest JSON NOT NULL,
    unbroken_since DATETIME,
    broken INTEGER NOT NULL,
    whole_at DATETIME,
    followers INTEGER,
    gained INTEGER NOT NULL,
    failed_at DATETIME,
    error_code VARCHAR(32),
    CONSTRAINT pk_follower_reads PRIMARY KEY (id),
    CONSTRAINT fk_follower_reads_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_follower_reads_user_id UNIQUE (user_id)
);

ALTER TABLE action_targets ADD COLUMN followed_us BOOLEAN;

ALTER TABLE user_bot_status ADD COLUMN measure_at DATETIME;

ALTER TABLE messages ADD COLUMN variant VARCHAR(24);

UPDATE alembic_version SET version_num='0021' WHERE alembic_version.version_num = '0020';

COMMIT;
