"""The schema's migrations. Alembic is loaded by whoever asks for them, so that workers and clocks do without."""

from pathlib import Path

from flask import Flask, current_app

from bot.database import db

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def init_migrations(app: Flask) -> None:
    """Makes `flask db` work with this app."""
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True, compare_type=True)


def upgrade_schema() -> None:
    """Runs the migrations as the database's owner."""
    from flask_migrate import upgrade

    init_migrations(current_app)
    upgrade(directory=str(MIGRATIONS))
