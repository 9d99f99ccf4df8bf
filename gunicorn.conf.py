"""How gunicorn serves `wsgi:app`; it reads this file, PORT and WEB_CONCURRENCY by itself."""

from contextlib import suppress
from typing import Any

from gunicorn.glogging import Logger

from bot.alerts.sentry import init_sentry
from bot.config.environment import Config, ConfigError
from bot.core.log import configure_logging


class JsonLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """What gunicorn says is written as everything else is, also by the process that only looks after others."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        configure_logging()
        with suppress(ConfigError):
            # Its workers say what is wrong with a setting.
            init_sentry(Config.from_env())


logger_class = JsonLog
worker_class = "middleware.serving.ReadFirstWorker"
# A request that waits for a worker's answer holds a thread for up to 25 s.
threads = 32
timeout = 60
graceful_timeout = 5
# Whom to believe is said by TRUSTED_PROXIES; gunicorn would believe anybody on this machine.
forwarded_allow_ips = ""
# It would write past what the worker keeps for slow clients.
sendfile = False
# Two stacks of one user would share the socket of its control program.
control_socket_disable = True
