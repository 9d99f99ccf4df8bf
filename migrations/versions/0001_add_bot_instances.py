"""The first schema, bot_instances among its tables; an append-only audit log; on PostgreSQL the rights of each role.

This revision is frozen: what changes the schema is a later one.

Revision ID: 0001
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TENANT_TABLES = (
    "account_requests",
    "action_targets",
    "actions",
    "activity_logs",
    "bot_instances",
    "bot_settings",
    "contacts",
    "cool_downs",
    "earlier_calls",
    "instagram_credentials",
    "messages",
    "pending_sign_ins",
    "recovery_codes",
    "user_bot_status",
)
MAIL_TABLES = ("mail_tokens", "mails", "recovery_requests", "registrations")
TENANT = "NULLIF(current_setting('app.user_id', true), '')"
IDENTITY = "current_setting('app.identity', true) = 'on'"


def upgrade() -> None:
    for create in _tables():
        create()
    op.execute("CREATE UNIQUE INDEX uq_daily_limits_user_kind ON daily_limits (coalesce(user_id, ''), kind)")
    op.execute(
        "CREATE UNIQUE INDEX uq_do_not_contact_user_username ON do_not_contact (coalesce(user_id, ''), username)"
    )
    context = op.get_context()
    if context.dialect.name == "sqlite":
        _make_audit_append_only()
    elif context.opts["row_security"]:
        _grant()
        _secure_rows()
        _make_lane_wakeups()
        _make_ring_all_lanes()
        _let_the_clock_in()
    else:
        _make_lane_wakeups()
        _make_ring_all_lanes()
        _make_audit_append_only_for_its_owner()


def downgrade() -> None:
    context = op.get_context()
    if context.dialect.name == "postgresql":
        op.execute("DROP FUNCTION lane_wakeups()")
        op.execute("DROP FUNCTION ring_all_lanes()")
    for create in reversed(_tables()):
        op.drop_table(create.__name__.removeprefix("_create_"))
    if context.dialect.name == "postgresql" and not context.opts["row_security"]:
        op.execute("DROP FUNCTION refuse_change_of_audit_log()")


def _grant() -> None:
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO troupe_app")
    op.execute("REVOKE UPDATE, DELETE ON audit_log FROM troupe_app")
    op.execute("REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM troupe_app")


def _secure_rows() -> None:
    for table in TENANT_TABLES:
        _policy(table, f"user_id = {TENANT}")
    _policy("users", f"id = {TENANT} OR {IDENTITY}")
    # The clock sends what is due, whosever it is.
    for table in ("alert_channels", "idempotency_keys", "known_devices", "user_sessions"):
        _policy(table, f"user_id = {TENANT} OR {IDENTITY}")
    for table in ("attempts", "audit_log", "vault_keys", *MAIL_TABLES):
        _policy(table, IDENTITY)
    _policy("kill_switch", IDENTITY)
    op.execute("CREATE POLICY for_all ON kill_switch FOR SELECT TO troupe_app USING (true)")
    for table in ("daily_limits", "do_not_contact"):
        _policy(table, f"user_id = {TENANT} OR {IDENTITY}")
        op.execute(f"CREATE POLICY for_all ON {table} FOR SELECT TO troupe_app USING (user_id IS NULL)")


def _policy(table: str, condition: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY scope ON {table} TO troupe_app USING ({condition}) WITH CHECK ({condition})")


def _make_lane_wakeups() -> None:
    """The one thing that is read across tenants: whose bots have work."""
    op.execute(
        """
        CREATE FUNCTION lane_wakeups() RETURNS TABLE (user_id text, ring_missed boolean)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
          SELECT b.user_id, b.ring_missed FROM public.user_bot_status b WHERE b.bot_running AND b.session_valid
        $$
        """
    )


def _make_ring_all_lanes() -> None:
    """The one thing that is written across tenants: that the clock is to ring all whose bots run."""
    op.execute(
        """
        CREATE FUNCTION ring_all_lanes() RETURNS void
        LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
          UPDATE public.user_bot_status SET ring_missed = true, revision = revision + 1
          WHERE bot_running AND session_valid
        $$
        """
    )


def _let_the_clock_in() -> None:
    """Both functions run as a role that sees and changes just what they need."""
    op.execute(
        "GRANT SELECT (user_id, bot_running, session_valid, ring_missed, revision) ON user_bot_status TO troupe_clock"
    )
    op.execute("CREATE POLICY wakeups ON user_bot_status FOR SELECT TO troupe_clock USING (true)")
    op.execute("GRANT UPDATE (ring_missed, revision) ON user_bot_status TO troupe_clock")
    op.execute("CREATE POLICY rings ON user_bot_status FOR UPDATE TO troupe_clock USING (bot_running)")
    for function in ("lane_wakeups()", "ring_all_lanes()"):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO troupe_app")
        op.execute(f"ALTER FUNCTION {function} OWNER TO troupe_clock")


def _make_audit_append_only() -> None:
    refusal = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    for change in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER audit_log_no_{change.lower()} BEFORE {change} ON audit_log {refusal}")
    # A row that replaces one of the same key is no deletion to SQLite.
    known = "EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)"
    op.execute(f"CREATE TRIGGER audit_log_no_replacement BEFORE INSERT ON audit_log WHEN {known} {refusal}")


def _make_audit_append_only_for_its_owner() -> None:
    """Where one role owns and uses the tables, no right can be taken from it."""
    op.execute(
        """
        CREATE FUNCTION refuse_change_of_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit log is append-only'; END
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit_log()"
    )


def _tables() -> tuple[Callable[[], None], ...]:
    """What makes each table, the ones that others refer to first."""
    return (
        _create_audit_log,
        _create_error_codes,
        _create_attempts,
        _create_kill_switch,
        _create_users,
        _create_recovery_requests,
        _create_registrations,
        _create_vault_keys,
        _create_account_requests,
        _create_actions,
        _create_activity_logs,
        _create_bot_instances,
        _create_bot_settings,
        _create_contacts,
        _create_cool_downs,
        _create_daily_limits,
        _create_alert_channels,
        _create_do_not_contact,
        _create_earlier_calls,
        _create_instagram_credentials,
        _create_mails,
        _create_mail_tokens,
        _create_pending_sign_ins,
        _create_recovery_codes,
        _create_user_bot_status,
        _create_idempotency_keys,
        _create_known_devices,
        _create_user_sessions,
        _create_action_targets,
        _create_messages,
    )


def _create_audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=36), nullable=True),
        sa.Column("ip", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.String(length=200), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_at_id", "audit_log", ["at", "id"])
    op.create_index("ix_audit_log_subject_id_at", "audit_log", ["subject_id", "at"])


def _create_error_codes() -> None:
    op.create_table(
        "error_codes",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("module", sa.String(length=8), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("file_path", sa.String(length=255), nullable=True),
        sa.Column("recommended_action", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_error_codes")),
    )


def _create_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=254), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_at", "attempts", ["at"])
    op.create_index("ix_attempts_kind_at", "attempts", ["kind", "at"])


def _create_kill_switch() -> None:
    op.create_table(
        "kill_switch",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("set_by", sa.String(length=36), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kill_switch")),
    )


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("instagram_username", sa.String(length=64), nullable=True),
        sa.Column("instagram_id", sa.String(length=32), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("password", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("first_password_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("auth_epoch", sa.Integer(), nullable=False),
        sa.Column("totp_secret_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("instagram_username", name=op.f("uq_users_instagram_username")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )


def _create_recovery_requests() -> None:
    op.create_table(
        "recovery_requests",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("ip", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_requests")),
    )


def _create_registrations() -> None:
    op.create_table(
        "registrations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("ip", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_registrations_token_hash")),
    )
    op.create_index("ix_registrations_expires_at", "registrations", ["expires_at"])


def _create_vault_keys() -> None:
    op.create_table(
        "vault_keys",
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("check_value", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_vault_keys")),
    )


def _create_account_requests() -> None:
    op.create_table(
        "account_requests",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=True),
        sa.Column("secret_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("params", sa.JSON(), nullable=True),
        sa.Column("sign_in_id", sa.String(length=36), nullable=True),
        sa.Column("asked_with", sa.String(length=64), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error_code", sa.String(length=32), nullable=True),
        sa.Column("error_message", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_account_requests_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_requests")),
    )
    op.create_index("ix_account_requests_user_id", "account_requests", ["user_id"])


def _create_actions() -> None:
    op.create_table(
        "actions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.String(length=2000), nullable=True),
        sa.Column("searched", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(length=32), nullable=True),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("repeat", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("series", sa.String(length=36), nullable=True),
        sa.Column("idempotency_key", sa.String(length=128), nullable=True),
        sa.Column("request_digest", sa.String(length=64), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_actions_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actions")),
        sa.UniqueConstraint("user_id", "id", name=op.f("uq_actions_user_id_id")),
        sa.UniqueConstraint("user_id", "idempotency_key", name=op.f("uq_actions_user_id_idempotency_key")),
    )
    op.create_index("ix_actions_user_id_created_at_id", "actions", ["user_id", "created_at", "id"])
    op.create_index("ix_actions_user_id_status", "actions", ["user_id", "status"])


def _create_activity_logs() -> None:
    op.create_table(
        "activity_logs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=True),
        sa.Column("action_id", sa.String(length=36), nullable=True),
        sa.Column("error_code", sa.String(length=32), nullable=True),
        sa.Column("error_message", sa.String(length=500), nullable=True),
        sa.Column("metadata", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_activity_logs_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_logs")),
    )
    op.create_index("ix_activity_logs_user_id_at_id", "activity_logs", ["user_id", "at", "id"])


def _create_bot_instances() -> None:
    op.create_table(
        "bot_instances",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("sqlite_db_path", sa.String(length=1024), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_bot_instances_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_instances")),
        sa.UniqueConstraint("user_id", name=op.f("uq_bot_instances_user_id")),
    )


def _create_bot_settings() -> None:
    op.create_table(
        "bot_settings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("timezone_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("pause", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("warm_up", sa.Boolean(), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("keep", sa.JSON(), nullable=False),
        sa.Column("stop_words", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_bot_settings_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bot_settings")),
        sa.UniqueConstraint("user_id", name=op.f("uq_bot_settings_user_id")),
    )


def _create_contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("instagram_id", sa.String(length=32), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_id", sa.String(length=64), nullable=True),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unread", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_contacts_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("user_id", "instagram_id", name=op.f("uq_contacts_user_id_instagram_id")),
    )


def _create_cool_downs() -> None:
    op.create_table(
        "cool_downs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error_code", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_cool_downs_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cool_downs")),
    )
    op.create_index("ix_cool_downs_user_id", "cool_downs", ["user_id"])


def _create_daily_limits() -> None:
    op.create_table(
        "daily_limits",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("per_day", sa.Integer(), nullable=True),
        sa.Column("per_hour", sa.Integer(), nullable=True),
        sa.Column("ceiling", sa.Integer(), nullable=True),
        sa.Column("ceiling_hour", sa.Integer(), nullable=True),
        sa.Column("delay_min", sa.Double(), nullable=True),
        sa.Column("delay_max", sa.Double(), nullable=True),
        sa.Column("user_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_daily_limits_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_daily_limits")),
    )
    op.create_index("ix_daily_limits_user_id", "daily_limits", ["user_id"])


def _create_alert_channels() -> None:
    op.create_table(
        "alert_channels",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("url_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("secret_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=True),
        sa.Column("error_code", sa.String(length=32), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_alert_channels_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_channels")),
    )
    op.create_index("ix_alert_channels_due_at", "alert_channels", ["due_at"])
    op.create_index("ix_alert_channels_user_id", "alert_channels", ["user_id"])


def _create_do_not_contact() -> None:
    op.create_table(
        "do_not_contact",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("instagram_id", sa.String(length=32), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_do_not_contact_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_do_not_contact")),
    )
    op.create_index("ix_do_not_contact_instagram_id", "do_not_contact", ["instagram_id"])
    op.create_index("ix_do_not_contact_user_id", "do_not_contact", ["user_id"])
    op.create_index("ix_do_not_contact_username", "do_not_contact", ["username"])


def _create_earlier_calls() -> None:
    op.create_table(
        "earlier_calls",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("step_kind", sa.String(length=16), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_earlier_calls_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earlier_calls")),
    )
    op.create_index(
        "ix_earlier_calls_user_id_step_kind_claimed_at", "earlier_calls", ["user_id", "step_kind", "claimed_at"]
    )


def _create_instagram_credentials() -> None:
    op.create_table(
        "instagram_credentials",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("instagram_id", sa.String(length=32), nullable=True),
        sa.Column("password_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("session_data_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("proxy_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.String(length=36), nullable=False),
        sa.Column("verification_kind", sa.String(length=16), nullable=True),
        sa.Column("verification_sent_to", sa.String(length=128), nullable=True),
        sa.Column("verification_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verification_attempts", sa.Integer(), nullable=False),
        sa.Column("verification_state_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_instagram_credentials_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instagram_credentials")),
        sa.UniqueConstraint("instagram_id", name=op.f("uq_instagram_credentials_instagram_id")),
        sa.UniqueConstraint("user_id", name=op.f("uq_instagram_credentials_user_id")),
    )


def _create_mails() -> None:
    op.create_table(
        "mails",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=True),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_mails_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    op.create_index("ix_mails_created_at_id", "mails", ["created_at", "id"])
    op.create_index("ix_mails_due_at", "mails", ["due_at"])
    op.create_index("ix_mails_user_id", "mails", ["user_id"])


def _create_mail_tokens() -> None:
    op.create_table(
        "mail_tokens",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_mail_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_mail_tokens_token_hash")),
    )
    op.create_index("ix_mail_tokens_user_id", "mail_tokens", ["user_id"])


def _create_pending_sign_ins() -> None:
    op.create_table(
        "pending_sign_ins",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("auth_epoch", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_pending_sign_ins_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_sign_ins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_pending_sign_ins_token_hash")),
    )
    op.create_index("ix_pending_sign_ins_user_id", "pending_sign_ins", ["user_id"])


def _create_recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("lookup", sa.String(length=4), nullable=False),
        sa.Column("code_hash", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("user_id", "lookup", name=op.f("uq_recovery_codes_user_id_lookup")),
    )


def _create_user_bot_status() -> None:
    op.create_table(
        "user_bot_status",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("instagram_username", sa.String(length=64), nullable=True),
        sa.Column("session_valid", sa.Boolean(), nullable=False),
        sa.Column("last_tested", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bot_running", sa.Boolean(), nullable=False),
        sa.Column("last_error_code", sa.String(length=32), nullable=True),
        sa.Column("last_error_message", sa.String(length=500), nullable=True),
        sa.Column("last_error_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_reason", sa.String(length=64), nullable=True),
        sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paces", sa.JSON(), nullable=False),
        sa.Column("replies_read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replies_failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ring_missed", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_bot_status_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_bot_status")),
        sa.UniqueConstraint("user_id", name=op.f("uq_user_bot_status_user_id")),
    )


def _create_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("request_digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_idempotency_keys_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_idempotency_keys_user_id_key")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _create_known_devices() -> None:
    op.create_table(
        "known_devices",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_known_devices_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_devices")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_known_devices_token_hash")),
    )
    op.create_index("ix_known_devices_user_id", "known_devices", ["user_id"])


def _create_user_sessions() -> None:
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("auth_epoch", sa.Integer(), nullable=False),
        sa.Column("needs_code", sa.Boolean(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ip", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=255), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_sessions_token_hash")),
    )
    op.create_index("ix_user_sessions_user_id_created_at_id", "user_sessions", ["user_id", "created_at", "id"])
    op.create_index("ix_user_sessions_ended_at_created_at_id", "user_sessions", ["ended_at", "created_at", "id"])


def _create_action_targets() -> None:
    op.create_table(
        "action_targets",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("action_id", sa.String(length=36), nullable=False),
        sa.Column("step_kind", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("full_name", sa.String(length=150), nullable=True),
        sa.Column("instagram_id", sa.String(length=64), nullable=True),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("error_code", sa.String(length=32), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(length=32), nullable=True),
        sa.Column("purpose", sa.String(length=64), nullable=True),
        sa.Column("look_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id", "action_id"],
            ["actions.user_id", "actions.id"],
            name=op.f("fk_action_targets_user_id_actions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_action_targets_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_targets")),
        sa.UniqueConstraint("action_id", "target", name=op.f("uq_action_targets_action_id_target")),
        sa.UniqueConstraint("user_id", "id", name=op.f("uq_action_targets_user_id_id")),
        sa.UniqueConstraint(
            "user_id", "recipient", "purpose", name=op.f("uq_action_targets_user_id_recipient_purpose")
        ),
    )
    op.create_index(
        "ix_action_targets_user_id_action_id_status_position",
        "action_targets",
        ["user_id", "action_id", "status", "position"],
    )
    op.create_index(
        "ix_action_targets_user_id_step_kind_claimed_at", "action_targets", ["user_id", "step_kind", "claimed_at"]
    )
    op.create_index("ix_action_targets_user_id_step_kind_target", "action_targets", ["user_id", "step_kind", "target"])


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("target_id", sa.String(length=36), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("look_ups", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.String(length=64), nullable=True),
        sa.Column("thread_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "target_id"],
            ["action_targets.user_id", "action_targets.id"],
            name=op.f("fk_messages_user_id_action_targets"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_messages_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("user_id", "target_id", name=op.f("uq_messages_user_id_target_id")),
    )
    op.create_index("ix_messages_user_id_digest", "messages", ["user_id", "digest"])
