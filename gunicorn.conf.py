"""Configuration of gunicorn for `wsgi:app`. It also reads PORT and WEB_CONCURRENCY (see middleware/web.py)."""

from typing import Any

from gunicorn.glogging import Logger

from bot.alerts.sentry import init_sentry
from bot.config.environment import Config
from bot.core.log import configure_logging
from bot.operations.last_words import last_words

with last_words():
    # Read it here, before gunicorn has started the number of processes that a wrong setting asks for.
    _config = Config.from_env()


class JsonLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's log in the format of ours, also in the master process."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        configure_logging()
        init_sentry(_config)


logger_class = JsonLog
worker_class = "middleware.serving.ReadFirstWorker"
# A request that waits for a worker's answer holds a thread for up to 25 s.
threads = 32
timeout = 60
graceful_timeout = 5
# TRUSTED_PROXIES says which proxies to believe. By default gunicorn believes every process on this machine.
forwarded_allow_ips = ""
# It would bypass the worker's buffers for slow clients.
sendfile = False
# Two stacks of one user would share the socket of its control program.
control_socket_disable = True
