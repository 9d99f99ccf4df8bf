"""Access to routes: declarations that views carry, and the one check that reads them. They raise and never render."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from flask import Flask, Request, current_app, g, request
from flask_login import LoginManager, current_user
from sqlalchemy import select

from bot.auth.session_ends import told_end
from bot.auth.sessions import FIRST_VERSION, FULL, SessionInfo, sessions
from bot.automation.own_bot import OwnBot
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.network.addresses import is_local
from bot.storage.models import BotStatus
from bot.storage.models.values import Role
from bot.storage.tenancy import identity, tenant
from bot.users.reauthentication import is_confirmed

View = TypeVar("View", bound=Callable[..., Any])
_ATTRIBUTE = "__access__"


@dataclass(frozen=True)
class Access:
    """A route's requirements on its caller."""

    public: bool = False
    role: Role | None = None
    allow_password_change: bool = False
    allow_code: bool = False
    allow_second_factor_setup: bool = False
    valid_session: bool = False
    polled: bool = False
    confirmed: bool = False
    first_version: bool = False
    demo: bool = False


def _declare(view: View, **changes: Any) -> View:
    access = replace(getattr(view, _ATTRIBUTE, Access()), **changes)
    setattr(view, _ATTRIBUTE, access)
    return view


def public(view: View) -> View:
    """Let anyone call it, signed in or not."""
    return _declare(view, public=True)


def signed_in(view: View) -> View:
    """Let every user call it who is signed in and has changed the first password."""
    return _declare(view)


def allow_password_change(view: View) -> View:
    """Let users call it too who have not changed their first password."""
    return _declare(view, allow_password_change=True)


def allow_code(view: View) -> View:
    """Let a sign-in call it too that still owes Instagram a code."""
    return _declare(view, allow_code=True)


def allow_second_factor_setup(view: View) -> View:
    """Let administrators call it too who have to set up a second factor first."""
    return _declare(view, allow_second_factor_setup=True)


def require_role(role: Role) -> Callable[[View], View]:
    """Let only users of that role call it."""
    return lambda view: _declare(view, role=role)


def require_valid_session(view: View) -> View:
    """Require a valid Instagram session. Raises SESSION_INVALID."""
    return _declare(view, valid_session=True)


def require_confirmed(view: View) -> View:
    """Require a confirmation within the last minutes that it is you. Raises CONFIRMATION_REQUIRED."""
    return _declare(view, confirmed=True)


def first_version(view: View) -> View:
    """Mark a path of the first version. Only there an id of /api/login works in place of a token."""
    return _declare(view, first_version=True)


def demo_only(view: View) -> View:
    """Mark a route of the demo on your own machine. Elsewhere, by a foreign name and by GET, it does not exist.

    Raises NOT_FOUND.
    """
    return _declare(view, demo=True)


def is_demo_here() -> bool:
    """Return whether the sandbox takes the place of Instagram, and the request came over loopback, by such a name.

    Behind a proxy the server cannot tell who reaches it.
    """
    config = runtime().config
    # gunicorn names the address that it is bound to.
    bound = request.server[0] if request.server else ""
    names = (bound, request.host, request.remote_addr or "")
    return config.instagram_sandbox and not config.trusted_proxies and all(is_local(name) for name in names)


def polled(view: View) -> View:
    """Mark a route that open pages poll. Its calls do not keep an idle sign-in alive."""
    return _declare(view, polled=True)


def access_of(view: Callable[..., Any]) -> Access | None:
    """Return the view's declaration. None means that it has none, and no caller may pass."""
    return cast(Access | None, getattr(view, _ATTRIBUTE, None))


def visitor() -> Visitor:
    """Return the address and browser of the current request, as far as the server may believe them."""
    device = request.headers.get("X-Device-Token") or request.cookies.get(device_cookie_name()) or ""
    return Visitor(request.remote_addr or "", request.user_agent.string, device[:MAX_OF_DEVICE])


def speaks_first_version() -> bool:
    """Return whether the current route belongs to the first version."""
    access = _access_of(request)
    return access is not None and access.first_version


def me() -> SessionInfo:
    """Return the signed-in user of the current request."""
    return cast(SessionInfo, current_user._get_current_object())


def get_current_session() -> SessionInfo | None:
    """Return the sign-in of the current request, whatever it may do; None if there is none."""
    return me() if current_user.is_authenticated else None


def get_current_bot_manager() -> OwnBot:
    """Return the bot of the signed-in user. Raises AUTHENTICATION_REQUIRED."""
    signed_in = get_current_session()
    if signed_in is None:
        raise BotException("AUTHENTICATION_REQUIRED")
    return OwnBot(signed_in.id)


def caller() -> SessionInfo | None:
    """Return the caller of a public route; None if no one is signed in.

    Raises what limits the caller to a few routes, such as PASSWORD_CHANGE_REQUIRED.
    """
    if not current_user.is_authenticated:
        return None
    _check(Access())
    return me()


COOKIE = "troupe_session"
SECURE_COOKIE = "__Host-troupe_session"
DEVICE_COOKIE = "troupe_device"
SECURE_DEVICE_COOKIE = "__Host-troupe_device"
# Cookie and form field of the id that /api/login gives. The server reads the cookie and never sets it.
ID_COOKIE = "session_id"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PENDING_COOKIE = "troupe_pending"
SECURE_PENDING_COOKIE = "__Host-troupe_pending"
MAX_OF_DEVICE = 200
_NOT_HERE = "An id of /api/login opens the paths of the first version and no other: sign in at /api/auth/login."


def cookie_name() -> str:
    """Return the name of the sign-in's cookie.

    Browsers bind `__Host-` cookies to HTTPS and this host. Plain HTTP on loopback cannot have one.
    """
    return SECURE_COOKIE if current_app.config["SESSION_COOKIE_SECURE"] else COOKIE


def device_cookie_name() -> str:
    """Return the name of the cookie that recognizes a device from an earlier sign-in."""
    return SECURE_DEVICE_COOKIE if current_app.config["SESSION_COOKIE_SECURE"] else DEVICE_COOKIE


def pending_cookie_name() -> str:
    """Return the name of the cookie of a sign-in that still owes its code."""
    return SECURE_PENDING_COOKIE if current_app.config["SESSION_COOKIE_SECURE"] else PENDING_COOKIE


def cookie_options() -> dict[str, Any]:
    """Return the options of all sign-in cookies: closed to scripts, to other sites and, over HTTPS, to other hosts."""
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    return {"secure": secure, "httponly": True, "samesite": "Lax", "path": "/"}


def init_access(app: Flask) -> None:
    """Find the signed-in user of each request by bearer token or cookie, and check each route's declaration."""
    manager = LoginManager()
    # Sign-ins are our own rows. Flask's session only signs the form tokens.
    manager.session_protection = None
    manager.init_app(app, add_context_processor=False)
    manager.request_loader(_load)
    app.before_request(check_access)


def _load(incoming: Request) -> SessionInfo | None:
    """Return the sign-in of a request.

    If the store of sign-ins is away, only routes that need a user fail; public pages go on.
    """
    try:
        return _find(incoming)
    except BotException as failure:
        g.sign_in_failure = failure
        return None


def _access_of(incoming: Request) -> Access | None:
    view = current_app.view_functions.get(incoming.endpoint or "")
    return access_of(view) if view else None


def _find(incoming: Request) -> SessionInfo | None:
    access = _access_of(incoming) or Access()
    in_use = not access.polled
    authorization = incoming.authorization
    if authorization is not None and authorization.type == "bearer":
        token = authorization.token or ""
        if access.first_version:
            return sessions.find(token, "bearer", in_use=in_use, kinds=FULL | FIRST_VERSION)
        if _ID.fullmatch(token):
            # Everything of that form is answered so, or the answer would tell which ids exist.
            raise BotException("AUTHENTICATION_REQUIRED", _NOT_HERE)
        return sessions.find(token, "bearer", in_use=in_use)
    given = incoming.cookies.get(ID_COOKIE, "")
    if access.first_version and _ID.fullmatch(given):
        return sessions.find(given, "session_id", in_use=in_use, kinds=FIRST_VERSION)
    token = incoming.cookies.get(cookie_name(), "")
    return sessions.find(token, "cookie", in_use=in_use) if token else None


def why_signed_out() -> str | None:
    """Return why the sign-in that this request holds has ended. None if it holds none, or its user signed out."""
    authorization = request.authorization
    bearer = authorization.token if authorization is not None and authorization.type == "bearer" else None
    token = bearer or request.cookies.get(cookie_name())
    return told_end(token) if token and not g.get("sign_in_failure") else None


def check_access() -> None:
    """Raise what keeps the caller from the current route. A route without a declaration is closed to everyone."""
    if request.endpoint is None or request.endpoint == "static":
        return
    access = access_of(current_app.view_functions[request.endpoint])
    if access is None:
        raise BotException("INTERNAL", "This route declares no access.", endpoint=request.endpoint)
    if access.demo and (request.method != "POST" or not is_demo_here()):
        raise BotException("NOT_FOUND")
    if not access.public:
        _check(access)


def _note_refusal(user: SessionInfo) -> None:
    """Record that a user asked for an administrator's route."""
    with identity() as session:
        audit(session, "admin_refused", actor_id=user.id, ip=visitor().ip, detail=request.endpoint)
        session.commit()


def _check(access: Access) -> None:
    if not current_user.is_authenticated:
        raise g.get("sign_in_failure") or BotException("AUTHENTICATION_REQUIRED", why_signed_out())
    user = me()
    if user.must_change_password and not access.allow_password_change:
        raise BotException("PASSWORD_CHANGE_REQUIRED")
    if user.needs_code and not access.allow_code:
        raise BotException("SIGN_IN_NEEDS_CODE")
    if user.must_set_up_second_factor and not access.allow_second_factor_setup:
        raise BotException("SECOND_FACTOR_SETUP_REQUIRED")
    if access.role and user.role != access.role:
        _note_refusal(user)
        raise BotException("FORBIDDEN")
    if access.confirmed and not is_confirmed(user):
        raise BotException("CONFIRMATION_REQUIRED")
    if access.valid_session:
        with tenant(user.id, reading=True) as session:
            if not session.scalars(select(BotStatus.session_valid)).one():
                raise BotException("SESSION_INVALID")
