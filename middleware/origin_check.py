"""Checks of a request's origin and destination: method, host, other sites, and the token of our forms."""

from urllib.parse import urlsplit

from flask import Flask, request
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect

from bot.config.environment import Config
from bot.config.runtime import runtime
from bot.core.errors import BotException
from middleware.faces import calls_api

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_METHODS = SAFE_METHODS | {"POST", "PUT", "PATCH", "DELETE"}
# Probes and scrapers call by IP address. These answers hold no link.
_ANY_HOST = frozenset({"api.health.alive", "api.health.ready", "metrics.show"})
_csrf = CSRFProtect()


def init_hosts(app: Flask) -> None:
    app.before_request(_check_address)


def init_origin_check(app: Flask, config: Config) -> None:
    """Check the origin after the throttle has counted the request and before access is checked."""
    secure = config.secure_cookies
    app.config |= {
        "SESSION_COOKIE_NAME": "__Host-troupe_form" if secure else "troupe_form",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_CHECK_DEFAULT": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
    }
    _csrf.init_app(app)
    app.before_request(_check_origin)


def init_form_tokens(app: Flask) -> None:
    """Check form tokens after access, which knows how the caller is signed in."""
    app.before_request(_check_form_token)


def _check_address() -> None:
    """Refuse unknown methods, and hosts that are not this server's: links would be made with them."""
    if request.method not in _METHODS:
        raise BotException("METHOD_NOT_ALLOWED")
    name = urlsplit(f"//{request.host}").hostname or ""
    if request.endpoint not in _ANY_HOST and not runtime().config.is_own_host(name):
        raise BotException("HOST_NOT_ALLOWED")


def _check_origin() -> None:
    """Refuse what a browser says comes from another site. Programs send neither header and pass."""
    if request.method in SAFE_METHODS:
        return
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if origin == "null" and site == "same-origin":
        # A page that hides its address, such as one with a token in it, hides its origin too.
        origin = None
    foreign = bool(origin) and (origin or "").partition("://")[2] != request.host
    if foreign or site in ("cross-site", "same-site"):
        raise BotException("CSRF_FAILED")


def _check_form_token() -> None:
    """Require the form token of every form, and of API calls that the pages' cookie signs in.

    The other ways to sign in are for programs: no browser sends a bearer token on its own, and none is given the cookie
    of the first version. If someone has put that cookie into a browser, the origin check refuses other sites.
    """
    if request.method in SAFE_METHODS or request.endpoint is None:
        return
    if calls_api() and not (current_user.is_authenticated and current_user.via == "cookie"):
        return
    _csrf.protect()
