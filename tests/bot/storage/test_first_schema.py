"""The tables that the first design names have the columns and keys that it names, on both databases."""

import pytest
from sqlalchemy import inspect, select

from bot.storage.engine import db
from bot.storage.models import BotStatus, DailyLimit
from bot.storage.tenancy import identity, tenant
from tests.support.people import make_somebody

COLUMNS = {
    "users": {"id", "username", "email", "password", "role", "must_change_password", "is_active"},
    "instagram_credentials": {"user_id", "username", "password_encrypted", "session_data_encrypted"},
    "user_bot_status": {
        "user_id",
        "instagram_username",
        "session_valid",
        "last_tested",
        "bot_running",
        "last_error_code",
        "last_error_message",
    },
    "bot_instances": {"id", "user_id", "sqlite_db_path", "created_at", "updated_at"},
    "daily_limits": {"user_id", "kind", "per_day"},
    "activity_logs": {"user_id", "action", "status", "error_message", "metadata"},
    "error_codes": {
        "code",
        "module",
        "severity",
        "description",
        "file_path",
        "recommended_action",
        "created_at",
    },
}
ONE_OF_EACH_USER = ["instagram_credentials", "user_bot_status", "bot_instances"]


@pytest.mark.parametrize("table", COLUMNS)
def test_a_table_has_the_columns_of_the_first_design(base_app, table):
    assert COLUMNS[table] <= {column["name"] for column in inspect(db.engine).get_columns(table)}


@pytest.mark.parametrize("table", ONE_OF_EACH_USER)
def test_each_user_has_one_row_at_most(base_app, table):
    found = inspect(db.engine)
    assert ["user_id"] in [one["column_names"] for one in found.get_unique_constraints(table)]
    (key,) = [one for one in found.get_foreign_keys(table) if one["constrained_columns"] == ["user_id"]]
    assert (key["referred_table"], key["referred_columns"]) == ("users", ["id"])


def test_a_new_user_has_a_bot_that_is_stopped_and_without_a_session(base_app):
    ann = make_somebody("ann")
    with tenant(ann.id, reading=True) as session:
        status = session.scalars(select(BotStatus)).one()
    assert (status.session_valid, status.bot_running, status.last_tested) == (False, False, None)


def test_a_limit_without_a_user_is_the_default_of_all(base_app):
    with identity(reading=True) as session:
        defaults = session.scalars(select(DailyLimit.kind).where(DailyLimit.user_id.is_(None))).all()
    assert len(defaults) == len(set(defaults)) > 0
