"""The release: schema, seeds, key check and first administrator, once for each deploy before the processes start."""

import click
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from bot.automation.generations import ensure_generation, held_since, release_bots
from bot.config.environment import ConfigError
from bot.config.runtime import now, runtime
from bot.core.errors import BotException, invalid, registry
from bot.decision.limits import seed_defaults
from bot.demo.users import ensure_demo_user
from bot.operations.instagram_check_command import instagram_check_command
from bot.operations.lane_commands import lanes_command
from bot.operations.last_words import sentence_of
from bot.operations.raised_at import raised_at
from bot.operations.vault_commands import vault_command
from bot.steps.restores import find_restore, hold_all
from bot.storage.models import ErrorCodeRow, User, VaultKey
from bot.storage.roles import RolesMissing
from bot.storage.schema import upgrade_schema
from bot.storage.tenancy import identity
from bot.users.directory import Created, NewUser, create_user, user_id_of
from bot.users.password_change import new_first_password
from bot.users.second_factor_setup import reset_second_factor
from bot.vault.cipher import current_vault

_HELD = """\
Every bot is held: the database was restored and does not know later steps.
Check that it is the right copy. Then release the bots: flask --app wsgi release-bots, or Admin, Health, Restores.
Each bot then reads its inbox and checks each message before it is sent. Today's limits count as used up."""


def register_commands(app: Flask) -> None:
    app.cli.add_command(release_command)
    app.cli.add_command(release_bots_command)
    app.cli.add_command(new_password_command)
    app.cli.add_command(reset_second_factor_command)
    app.cli.add_command(lanes_command)
    app.cli.add_command(vault_command)
    app.cli.add_command(instagram_check_command)


@click.command("release")
@click.option("--restored", is_flag=True, help="The database was restored from a copy: hold every bot.")
@click.option("--demo", is_flag=True, help="Make the demo user too, on your own machine.")
def release_command(*, restored: bool, demo: bool) -> None:
    """Bring the schema up to date and seed what the product needs."""
    if demo and not runtime().config.instagram_sandbox:
        raise click.UsageError("--demo is for INSTAGRAM_SANDBOX=1 alone.")
    try:
        release(restored=restored)
        if demo and (made := ensure_demo_user()):
            user, password = made
            click.echo(f"demo: {user.username} {password}")
    except (BotException, ConfigError, RolesMissing) as error:
        raise click.ClickException(sentence_of(error) or "") from None


@click.command("release-bots")
@click.confirmation_option(prompt="Is the database complete, and may the bots that were running go on?")
def release_bots_command() -> None:
    """Release the bots that are held because the database was restored."""
    if release_bots(None):
        click.echo("The bots that were running go on within a minute. Each first checks what was sent meanwhile.")
    else:
        click.echo("No bot is held.")


@click.command("new-password")
@click.argument("username")
def new_password_command(username: str) -> None:
    """Create a new first password for USERNAME, who has lost theirs. The next sign-in has to change it."""
    try:
        created = new_first_password(username)
    except BotException as error:
        raise click.ClickException(error.message) from None
    click.echo(f"{created.user.username} {created.initial_password}")


@click.command("reset-second-factor")
@click.argument("username")
def reset_second_factor_command(username: str) -> None:
    """Switch off the second factor of USERNAME, who has lost it. The password stays necessary."""
    try:
        user = reset_second_factor(user_id_of(username), None)
    except BotException as error:
        raise click.ClickException(error.message) from None
    click.echo(f"The second factor of {user.username} is off, and their sign-ins have ended.")


def release(*, restored: bool = False) -> None:
    """Migrate, check the encryption keys and seed. Print the first administrator's password if one was created.

    It also prints how to go on if a restore holds every bot. Raises ConfigError if the keys did not seal the data.
    """
    upgrade_schema()
    register_keys()
    seed_error_codes()
    seed_defaults()
    ensure_generation()
    if restored:
        hold_all("declared")
    else:
        find_restore()
    if held_since():
        click.echo(_HELD)
    created = ensure_admin()
    if created and created.initial_password:
        click.echo(f"admin: {created.user.username} {created.initial_password}")


def register_keys() -> None:
    """Store the check value of each new key. Raises the errors of verify_keys. Commits."""
    verify_keys()
    vault = current_vault()
    with identity() as session:
        known = {row.key_id: row for row in session.scalars(select(VaultKey))}
        for key_id, value in vault.check_values().items():
            if key_id not in known:
                session.add(VaultKey(key_id=key_id, check_value=value, created_at=now()))
        if vault.current in known:
            # This key seals again.
            known[vault.current].retired_at = None
        session.commit()


def verify_keys() -> None:
    """Compare the keys with those that were seen here.

    Raises ConfigError for a key that did not seal the data, and for a missing key that values may still need. A
    database that is down or empty passes: the release creates the schema, and requests get 503 until the database is
    up.
    """
    try:
        with identity(reading=True) as session:
            known = {row.key_id: row for row in session.scalars(select(VaultKey))}
    except DBAPIError:
        return
    keys = current_vault().check_values()
    for key_id, row in known.items():
        if keys.get(key_id, row.check_value) != row.check_value:
            raise ConfigError(f"ENCRYPTION_KEYS: key {key_id} is not the one that the data was sealed with.")
        if key_id not in keys and row.retired_at is None and key_id not in runtime().config.lost_keys:
            raise ConfigError(
                f"ENCRYPTION_KEYS: key {key_id} is missing, and there may be data that only it opens. Put it back and "
                "run `flask --app wsgi vault rotate` before it is taken away; if it is gone for good, name it in "
                "LOST_ENCRYPTION_KEYS."
            )


def seed_error_codes() -> None:
    """Write the registry into `error_codes`, with the places that raise each code. Commits."""
    places = raised_at()
    with identity() as session:
        # Kept in a variable, so that the session need not load each of them again.
        known = {row.code: row for row in session.scalars(select(ErrorCodeRow))}
        for entry in registry().values():
            session.merge(
                ErrorCodeRow(
                    code=entry.code,
                    name=entry.name,
                    module=entry.module,
                    severity=entry.severity,
                    description=entry.description,
                    file_path=places.get(entry.name),
                    recommended_action=entry.remedy,
                    created_at=known[entry.code].created_at if entry.code in known else now(),
                )
            )
        session.commit()


def ensure_admin() -> Created | None:
    """Create the first administrator if there is no user at all. Returns None otherwise."""
    config = runtime().config
    with identity(reading=True) as session:
        if session.scalar(select(func.count()).select_from(User)):
            return None
    given = config.admin_password.get_secret_value() if config.admin_password else None
    try:
        params = NewUser(username=config.admin_username, role="admin", password=given)
    except ValueError:
        raise invalid("ADMIN_USERNAME", "is not a username") from None
    return create_user(params, None)
