"""Thousands of users with running bots, inserted past all rules, for tests of scale."""

from flask import Flask
from sqlalchemy import create_engine, insert

from bot.config.environment import Config
from bot.config.runtime import now
from bot.storage.engine import engine_options
from bot.storage.models import BotStatus, User, new_id


def make_running_bots(app: Flask, config: Config, count: int, first: int = 0) -> list[str]:
    """Insert users and return their ids. They have no rows but these."""
    with app.app_context():
        moment = now()
    ids = [new_id() for _ in range(count)]
    users = [
        {
            "id": user_id,
            "username": f"user-{number}",
            "password": "no password",
            "role": "user",
            "created_at": moment,
            "must_change_password": False,
        }
        for number, user_id in enumerate(ids, first)
    ]
    statuses = [
        {"user_id": user_id, "instagram_username": f"account.{number}", "bot_running": True, "session_valid": True}
        for number, user_id in enumerate(ids, first)
    ]
    engine = create_engine(**engine_options(config, as_owner=True))
    with engine.begin() as connection:
        connection.execute(insert(User.__table__), users)
        connection.execute(insert(BotStatus.__table__), statuses)
    engine.dispose()
    return ids
