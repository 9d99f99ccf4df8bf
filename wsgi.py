"""create_app(): the only place where api and web meet; request ids, headers, form tokens and errors of both."""

import re
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from apiflask import APIFlask
from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter, RequestLimit
from flask_limiter.errors import RateLimitExceeded
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

import api
import web
from bot.app import create_base_app
from bot.config.environment import Config
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.core.foreseen import foreseen
from bot.core.log import bind_contextvars, clear_contextvars, get_logger
from bot.history.activity import log_error
from bot.history.refusals import is_of_bot, note_refusal
from bot.lanes.queue import patience
from bot.operations.last_words import end_with_a_sentence, last_words
from bot.storage.schema import init_migrations
from bot.users.directory import usernames
from middleware.access import init_access, visitor
from middleware.security_headers import HEADERS

# Nothing that is sent to either face is larger: an order, a form.
MAX_BODY = 256 * 1024
REQUESTS_PER_MINUTE = 600
# With this status of its workers gunicorn ends; with any other it would start new ones for ever.
APP_LOAD_ERROR = 4
LIMITER_TIMEOUT = 1
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = _SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}
# Probes and scrapers come by address; these answers hold no link.
_ANY_HOST = frozenset({"api.health.alive", "api.health.ready", "metrics.show"})
_UNLIMITED = frozenset({"web.static", "api.health.alive", "metrics.show"})
_NAMES = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    429: "RATE_LIMITED",
}


class _Sent:
    """The body that a client sends: whatever raises while it is read is the client's fault."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, *size: int) -> bytes:
        return self._read(self._body.read, *size)

    def readline(self, *size: int) -> bytes:
        return self._read(self._body.readline, *size)

    def _read(self, read: Callable[..., bytes], *size: int) -> bytes:
        try:
            return read(*size)
        except HTTPException:
            raise
        except Exception as error:
            raise BadRequest from error


csrf = CSRFProtect()
_LIMITER = "troupe_limiter"


def create_app(config: Config | None = None, **parts: Any) -> APIFlask:
    """The web application. `parts` go to create_base_app; raises ConfigError."""
    app = APIFlask(
        "troupe",
        title="Troupe",
        version="0.1.0",
        json_errors=False,
        spec_path=None,
        docs_path=None,
        static_folder=None,  # type: ignore[arg-type]  # Flask takes None
    )
    config = config or Config.from_env()
    create_base_app(config, app=app, **parts)
    _configure(app, config)
    app.before_request(_begin)
    app.before_request(_check_address)
    app.before_request(_find_caller)
    app.extensions[_LIMITER] = _limit_requests(app, config)
    csrf.init_app(app)
    app.before_request(_check_origin)
    init_access(app)
    app.before_request(_check_form_token)
    app.after_request(_finish)
    init_migrations(app)
    api.register(app)
    web.register(app)
    for kind in (BotException, HTTPException, Exception):
        app.register_error_handler(kind, _render_error)
    return app


def _configure(app: Flask, config: Config) -> None:
    secure = config.secure_cookies
    app.config |= {
        "MAX_CONTENT_LENGTH": MAX_BODY,
        "MAX_FORM_PARTS": 200,
        "SESSION_COOKIE_NAME": "__Host-troupe_form" if secure else "troupe_form",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_CHECK_DEFAULT": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
        "TRAP_HTTP_EXCEPTIONS": False,
    }
    if config.trusted_proxies:
        count = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def _begin() -> None:
    """Takes or makes the request id and binds it to everything that is logged for this request."""
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
    g.started = time.monotonic()
    request.environ["wsgi.input"] = _Sent(request.environ["wsgi.input"])
    clear_contextvars()
    bind_contextvars(request_id=g.request_id, action=f"{request.method} {request.url_rule or 'none'}")


def _finish(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint != "web.static" and response.cache_control.max_age is None:
        # A file too, which Flask lets browsers keep, unless the view says for how long.
        response.headers["Cache-Control"] = "no-store"
    if response.status_code == 405:
        methods: Any = getattr(request.routing_exception, "valid_methods", None)
        response.headers["Allow"] = ", ".join(sorted(methods or ()))
    response.headers["X-Request-ID"] = g.request_id
    _tell_limit(response)
    get_logger().info(
        "request",
        method=request.method,
        route=str(request.url_rule or "none"),
        status=response.status_code,
        milliseconds=round((time.monotonic() - g.started) * 1000, 1),
    )
    return response


def _check_address() -> None:
    """Refuses methods that nothing here takes, and names that are not this server's, of which no link may be made."""
    if request.method not in _METHODS:
        raise BotException("METHOD_NOT_ALLOWED")
    name = urlsplit(f"//{request.host}").hostname or ""
    if request.endpoint not in _ANY_HOST and not runtime().config.is_own_host(name):
        raise BotException("HOST_NOT_ALLOWED")


def _find_caller() -> None:
    """Where it is not known who calls because the database is away, that is said; the throttle would blame Redis."""
    if request.endpoint not in _UNLIMITED and current_user.is_authenticated:
        bind_contextvars(user_id=current_user.id)


def _check_origin() -> None:
    """Refuses what a browser says comes from another site; programs send neither header and pass."""
    if request.method in _SAFE_METHODS:
        return
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if origin == "null" and site == "same-origin":
        # A page that tells nobody its address, as one with a token in it, does not tell where it is from either.
        origin = None
    foreign = bool(origin) and (origin or "").partition("://")[2] != request.host
    if foreign or site in ("cross-site", "same-site"):
        raise BotException("CSRF_FAILED")


def _check_form_token() -> None:
    """Every form of the pages, and every call of the API that the cookie of the pages signs in, proves that it is ours.

    The other ways to sign in are those of programs: no browser sends a bearer token by itself, and none is given the
    cookie of the first version. If somebody has put that into a browser, the check of the origin refuses other sites.
    """
    if request.method in _SAFE_METHODS or request.endpoint is None:
        return
    if _is_api() and not (current_user.is_authenticated and current_user.via == "cookie"):
        return
    csrf.protect()


def _limit_requests(app: Flask, config: Config) -> Limiter:
    """A general throttle; sign-ins have their own, in the database, which does not fail open without Redis.

    While Redis is away each process counts by itself, and asks for it again after pauses that grow.
    """
    return Limiter(
        _who,
        app=app,
        storage_uri=re.sub(r"^unix:", "redis+unix:", config.redis_address),
        # A Redis that hangs must not hang the pages with it.
        storage_options={
            "socket_timeout": LIMITER_TIMEOUT,
            "socket_connect_timeout": LIMITER_TIMEOUT,
            "retry": patience(retries=1),  # type: ignore[dict-item]  # it goes on to Redis
        },
        strategy="moving-window",
        application_limits=[f"{REQUESTS_PER_MINUTE} per minute"],
        application_limits_exempt_when=lambda: request.endpoint in _UNLIMITED,
        # It would tell the time of day, and tell whoever may go on to wait.
        headers_enabled=False,
        swallow_errors=True,
        in_memory_fallback_enabled=True,
    )


def _tell_limit(response: Response) -> None:
    """The fields of draft-ietf-httpapi-ratelimit-headers; times are seconds from now."""
    limit = current_app.extensions[_LIMITER].current_limit
    if limit is None:
        return
    # Redis may have gone since the request was counted.
    with suppress(RedisError):
        response.headers["RateLimit-Limit"] = str(limit.limit.amount)
        response.headers["RateLimit-Remaining"] = str(limit.remaining)
        response.headers["RateLimit-Reset"] = str(_seconds_until_free(limit))


def _seconds_until_free(limit: RequestLimit) -> int:
    return max(1, ceil(limit.window.reset_time - time.time()))


def _too_many() -> BotException:
    limit = current_app.extensions[_LIMITER].current_limit
    return BotException("RATE_LIMITED", retry_after=_seconds_until_free(limit))


def _who() -> str:
    return current_user.id if current_user.is_authenticated else visitor().network


def _is_api() -> bool:
    return request.path in ("/api", "/metrics") or request.path.startswith("/api/")


def _render_error(error: Exception) -> ResponseReturnValue:
    """Any failure becomes a BotException that is logged once and shown by the face that was called."""
    failure = _as_bot_exception(error)
    code = _write(error if failure.name == "INTERNAL" else failure, failure)
    return api.render_error(failure, code) if _is_api() else web.render_error(failure, code)


def _write(error: Exception, failure: BotException) -> str:
    """Logs the failure, and records for its user what the state of their bot refuses. Returns its code."""
    route = str(request.url_rule or "none")
    if request.method not in _SAFE_METHODS and is_of_bot(failure) and current_user.is_authenticated:
        failure.meta["route"] = route
        # Where it cannot be recorded, it is logged all the same.
        with suppress(SQLAlchemyError):
            note_refusal(current_user.id, failure)
            return failure.code
    return log_error(error, refused=failure.status < 500, route=route)


def _as_bot_exception(error: Exception) -> BotException:
    if isinstance(error, BotException):
        return error
    if isinstance(error, CSRFError):
        return BotException("CSRF_FAILED")
    if isinstance(error, RateLimitExceeded):
        return _too_many()
    if isinstance(error, RecursionError):
        return BotException("MALFORMED_JSON")
    if isinstance(error, HTTPException):
        code = error.code or 500
        return BotException(_NAMES.get(code, "BAD_REQUEST" if code < 500 else "INTERNAL"), status=code)
    if known := foreseen(error):
        return known
    return BotException("USER_NOT_FOUND" if _is_erased_meanwhile() else "INTERNAL")


def _is_erased_meanwhile() -> bool:
    """Whether the user whom the request is of, or about, is no more: what fails for that is no fault."""
    concerned = {str((request.view_args or {}).get("user_id", ""))} - {""}
    if current_user.is_authenticated:
        concerned.add(current_user.id)
    with suppress(SQLAlchemyError):
        return usernames(concerned).keys() < concerned
    return False


def __getattr__(name: str) -> Any:
    """`wsgi:app` for servers and for the flask command, made when it is asked for: importing has no effect."""
    if name == "app":
        end_with_a_sentence()
        with last_words(status=APP_LOAD_ERROR):
            globals()["app"] = create_app()
        return globals()["app"]
    raise AttributeError(name)
