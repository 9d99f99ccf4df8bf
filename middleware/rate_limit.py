"""The general throttle. Sign-ins have their own in the database, which does not fail open without Redis."""

import re
import time
from contextlib import suppress
from math import ceil

from flask import Flask, Response, current_app, request
from flask_limiter import Limiter, RequestLimit
from flask_login import current_user
from redis import RedisError

from bot.config.environment import Config
from bot.core.errors import BotException
from bot.core.log import bind_contextvars
from bot.lanes.queue import retry_policy
from middleware.access import visitor
from middleware.security_headers import STATIC

REQUESTS_PER_MINUTE = 600
REDIS_TIMEOUT = 1
LIMITER = "troupe.limiter"
"""Key of the limiter in the app's extensions."""
_UNLIMITED = frozenset({STATIC, "api.health.alive", "metrics.show"})


def init_rate_limit(app: Flask, config: Config) -> None:
    """Throttle all requests.

    While Redis is away each process counts alone, and tries Redis again after growing pauses.
    """
    app.before_request(_find_caller)
    app.extensions[LIMITER] = Limiter(
        _who,
        app=app,
        storage_uri=re.sub(r"^unix:", "redis+unix:", config.redis_address),
        # A Redis that hangs must not hang the pages with it.
        storage_options={
            "socket_timeout": REDIS_TIMEOUT,
            "socket_connect_timeout": REDIS_TIMEOUT,
            "retry": retry_policy(retries=1),  # type: ignore[dict-item]  # it goes on to Redis
        },
        strategy="moving-window",
        application_limits=[f"{REQUESTS_PER_MINUTE} per minute"],
        application_limits_exempt_when=lambda: request.endpoint in _UNLIMITED,
        # Flask-Limiter would send the time of day, and ask callers to wait who may go on.
        headers_enabled=False,
        swallow_errors=True,
        in_memory_fallback_enabled=True,
    )


def _find_caller() -> None:
    """Find the caller. If the database is away, raise that; otherwise the throttle would blame Redis."""
    if request.endpoint not in _UNLIMITED and current_user.is_authenticated:
        bind_contextvars(user_id=current_user.id)


def _who() -> str:
    return current_user.id if current_user.is_authenticated else visitor().network


def add_limit_headers(response: Response) -> None:
    """Add the fields of draft-ietf-httpapi-ratelimit-headers. Times are seconds from now."""
    limit = current_app.extensions[LIMITER].current_limit
    if limit is None:
        return
    # Redis may have gone since the request was counted.
    with suppress(RedisError):
        response.headers["RateLimit-Limit"] = str(limit.limit.amount)
        response.headers["RateLimit-Remaining"] = str(limit.remaining)
        response.headers["RateLimit-Reset"] = str(_seconds_until_free(limit))


def too_many_requests() -> BotException:
    """Return the failure for a caller who has used up the limit of this request."""
    limit = current_app.extensions[LIMITER].current_limit
    return BotException("RATE_LIMITED", retry_after=_seconds_until_free(limit))


def _seconds_until_free(limit: RequestLimit) -> int:
    return max(1, ceil(limit.window.reset_time - time.time()))
