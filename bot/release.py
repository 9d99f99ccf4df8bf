"""What a deploy runs once before the processes start: schema, seeds, key check, first administrator."""

from pathlib import Path

import click
import flask_migrate
from flask import Flask
from sqlalchemy import select

from bot.errors import registry
from bot.limits import seed_defaults
from bot.models import ErrorCodeRow, VaultKey
from bot.runtime import now, runtime
from bot.scope import identity
from bot.users import ensure_admin

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def register_commands(app: Flask) -> None:
    app.cli.add_command(release_command)


@click.command("release")
def release_command() -> None:
    """Bring the schema up to date and seed what the product needs."""
    release()


def upgrade_schema() -> None:
    """Runs the migrations as the database's owner."""
    flask_migrate.upgrade(directory=str(MIGRATIONS))


def release() -> None:
    """Migrates, checks the encryption keys, seeds; prints the first administrator's password where one was made.

    Raises ConfigError when the keys are not those that the data was sealed with.
    """
    upgrade_schema()
    check_keys()
    seed_error_codes()
    seed_defaults()
    created = ensure_admin()
    if created and created.initial_password:
        click.echo(f"admin: {created.user.username} {created.initial_password}")


def check_keys() -> None:
    """Compares each key with the check value stored when it was first seen; a new key id is added."""
    from bot.config import ConfigError

    with identity() as session:
        known = {row.key_id: row.check_value for row in session.scalars(select(VaultKey))}
        for key_id, value in runtime().vault.check_values().items():
            if known.get(key_id, value) != value:
                raise ConfigError(f"ENCRYPTION_KEYS: key {key_id} is not the one that the data was sealed with.")
            if key_id not in known:
                session.add(VaultKey(key_id=key_id, check_value=value, created_at=now()))
        session.commit()


def seed_error_codes() -> None:
    """Writes the registry into `error_codes`; texts that changed in the file change there."""
    with identity() as session:
        created = {row.code: row.created_at for row in session.scalars(select(ErrorCodeRow))}
        for entry in registry().values():
            session.merge(
                ErrorCodeRow(
                    code=entry.code,
                    name=entry.name,
                    module=entry.module,
                    severity=entry.severity,
                    description=entry.description,
                    file_path=None,
                    recommended_action=entry.remedy,
                    created_at=created.get(entry.code) or now(),
                )
            )
        session.commit()
