"""Composition of the app that web and workers share: configuration, database, logging, extensions; no routes."""

from typing import Any

from flask import Flask

from bot.alerts.operator_mail import init_operator_mail
from bot.alerts.sentry import init_sentry
from bot.auth.session_stores import init_session_store, make_store
from bot.automation import verdicts as verdicts  # It listens to the commits of every process.
from bot.config.clock import Clock, uniform
from bot.config.environment import Config, ConfigError
from bot.config.file_modes import keep_private
from bot.config.runtime import EXTENSION, Runtime
from bot.core.log import configure_logging, get_logger
from bot.lanes.queue import connect
from bot.network.addresses import Resolver, init_resolver, system_resolver
from bot.operations.release import register_commands, verify_keys
from bot.steps.claim_memory import begin_memory
from bot.storage.engine import init_database
from bot.storage.schema import verify_roles
from bot.vault.cipher import Vault, init_vault

# Redis answers within milliseconds or is down. A request must not hang on it.
REDIS_TIMEOUT = 2.0


def create_base_app(
    config: Config | None = None, *, app: Flask | None = None, resolve: Resolver = system_resolver, **parts: Any
) -> Flask:
    """Create the app that every process starts from. `parts` replace those of the Runtime: clock, uniform, redis.

    Raises ConfigError if the environment does not describe a system that may start.
    """
    config = config or Config.from_env()
    app = app or Flask("bot")
    configure_logging(config.log_level)
    init_sentry(config)
    vault = Vault(config.master_keys())
    try:
        keep_private(config)
    except OSError as error:
        raise ConfigError(f"INSTANCE_DIR cannot be made: {config.instance_dir}: {error.strerror}.") from None
    if not config.redis_tls_verify:
        text = "anyone between this server and Redis can read and change all that is sent"
        get_logger().warning("redis_not_verified", setting="REDIS_TLS_VERIFY", meaning=text)
    redis = connect(config.redis_address, REDIS_TIMEOUT)
    runtime: dict[str, Any] = {
        "config": config,
        "clock": Clock(),
        "uniform": uniform,
        "redis": redis,
    }
    app.extensions[EXTENSION] = Runtime(**runtime | parts)
    init_vault(app, vault)
    init_resolver(app, resolve)
    init_session_store(app, make_store(config.session_storage, redis, config.idle_timeout))
    app.config["SECRET_KEY"] = vault.derived("flask secret key")
    init_database(app, config)
    register_commands(app)
    init_operator_mail(app)
    with app.app_context():
        verify_roles(config)
        verify_keys()
        begin_memory()
    return app
