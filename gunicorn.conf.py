"""How gunicorn serves `wsgi:app`; it reads this file, PORT and WEB_CONCURRENCY by itself (see middleware/web.py)."""

from typing import Any

from gunicorn.glogging import Logger

from bot.alerts.sentry import init_sentry
from bot.config.environment import Config
from bot.core.log import configure_logging
from bot.operations.last_words import last_words

with last_words():
    # Before it has started as many processes as a wrong setting asks for, or none.
    _config = Config.from_env()

with last_words():
    # Before it has started as many processes as a wrong setting asks for, or none.
    _config = Config.from_env()


class JsonLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """What gunicorn says is written as everything else is, also by the process that only looks after others."""

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
# Whom to believe is said by TRUSTED_PROXIES; gunicorn would believe anybody on this machine.
forwarded_allow_ips = ""
# It would write past what the worker keeps for slow clients.
sendfile = False
# Two stacks of one user would share the socket of its control program.
control_socket_disable = True
