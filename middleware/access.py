"""Who may call what: declarations that views carry, and the one check that goes by them. They raise, never render."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from flask import Flask, Request, current_app, g, request
from flask_login import LoginManager, current_user
from sqlalchemy import select

from bot.auth.sessions import FIRST_VERSION, FULL, SessionInfo, sessions
from bot.automation.own_bot import OwnBot
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.storage.models import BotStatus
from bot.storage.models.values import Role
from bot.storage.tenancy import identity, tenant
from bot.users.reauthentication import is_confirmed

View = TypeVar("View", bound=Callable[..., Any])
_ATTRIBUTE = "__access__"


@dataclass(frozen=True)
class Access:
    """What a route asks of its caller."""

    public: bool = False
    role: Role | None = None
    allow_password_change: bool = False
    allow_code: bool = False
    allow_second_factor_setup: bool = False
    valid_session: bool = False
    polled: bool = False
    confirmed: bool = False
    first_version: bool = False


def _declare(view: View, **changes: Any) -> View:
    access = replace(getattr(view, _ATTRIBUTE, Access()), **changes)
    setattr(view, _ATTRIBUTE, access)
    return view


def public(view: View) -> View:
    """Anybody may call it."""
    return _declare(view, public=True)


def signed_in(view: View) -> View:
    """Any user who is signed in and has a password of their own."""
    return _declare(view)


def allow_password_change(view: View) -> View:
    """Also a user whose first password has not been changed yet."""
    return _declare(view, allow_password_change=True)


def allow_code(view: View) -> View:
    """Also a sign-in that Instagram has asked for a code, which has not come yet."""
    return _declare(view, allow_code=True)


def allow_second_factor_setup(view: View) -> View:
    """Also an administrator who has to set up a second factor first."""
    return _declare(view, allow_second_factor_setup=True)


def require_role(role: Role) -> Callable[[View], View]:
    """Only users of that role."""
    return lambda view: _declare(view, role=role)


def require_valid_session(view: View) -> View:
    """Only with a valid Instagram session: SESSION_INVALID otherwise."""
    return _declare(view, valid_session=True)


def require_confirmed(view: View) -> View:
    """Only who has proved in the last minutes who they are: CONFIRMATION_REQUIRED otherwise."""
    return _declare(view, confirmed=True)


def first_version(view: View) -> View:
    """One of the paths of the first version, where an id of /api/login opens what a token does: nowhere else."""
    return _declare(view, first_version=True)


def polled(view: View) -> View:
    """Asked again and again by an open page: it does not keep a sign-in from ending when nobody is there."""
    return _declare(view, polled=True)


def access_of(view: Callable[..., Any]) -> Access | None:
    """What the view declares; None for one that declares nothing, which nobody may call."""
    return cast(Access | None, getattr(view, _ATTRIBUTE, None))


def visitor() -> Visitor:
    """Where the current request comes from, as far as the server may believe it."""
    device = request.headers.get("X-Device-Token") or request.cookies.get(device_cookie_name()) or ""
    return Visitor(request.remote_addr or "", request.user_agent.string, device[:MAX_OF_DEVICE])


def speaks_first_version() -> bool:
    """Whether the current route is one of those of the first version."""
    access = _access_of(request)
    return access is not None and access.first_version


def me() -> SessionInfo:
    """The signed-in user of the current request."""
    return cast(SessionInfo, current_user._get_current_object())


def get_current_session() -> SessionInfo | None:
    """The sign-in of the current request, with whatever it may do; None where nobody is signed in."""
    return me() if current_user.is_authenticated else None


def get_current_bot_manager() -> OwnBot:
    """The bot of the signed-in user. Raises AUTHENTICATION_REQUIRED where nobody is."""
    signed_in = get_current_session()
    if signed_in is None:
        raise BotException("AUTHENTICATION_REQUIRED")
    return OwnBot(signed_in.id)


def caller() -> SessionInfo | None:
    """Who calls a public route; None for whoever is not signed in. Raises what keeps them from all but a few routes."""
    if not current_user.is_authenticated:
        return None
    _check(Access())
    return me()


COOKIE = "troupe_session"
SECURE_COOKIE = "__Host-troupe_session"
DEVICE_COOKIE = "troupe_device"
SECURE_DEVICE_COOKIE = "__Host-troupe_device"
# Cookie and form of the id that /api/login gives; the server reads it and never sets it.
ID_COOKIE = "session_id"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PENDING_COOKIE = "troupe_pending"
SECURE_PENDING_COOKIE = "__Host-troupe_pending"
MAX_OF_DEVICE = 200
_NOT_HERE = "An id of /api/login opens the paths of the first version and no other: sign in at /api/auth/login."


def cookie_name() -> str:
    """Browsers bind `__Host-` cookies to HTTPS and this host; plain HTTP on loopback cannot have one."""
    return SECURE_COOKIE if current_app.config["SESSION_COOKIE_SECURE"] else COOKIE


def device_cookie_name() -> str:
    """The same of the cookie that tells a device on which somebody has signed in before."""
    return SECURE_DEVICE_COOKIE if current_app.config["SESSION_COOKIE_SECURE"] else DEVICE_COOKIE


def pending_cookie_name() -> str:
    """The same of the cookie of a sign-in whose code has not come yet."""
    return SECURE_PENDING_COOKIE if current_app.config["SESSION_COOKIE_SECURE"] else PENDING_COOKIE


def cookie_options() -> dict[str, Any]:
    """What all cookies of sign-ins have: scripts, other sites and, over HTTPS, other hosts cannot read them."""
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    return {"secure": secure, "httponly": True, "samesite": "Lax", "path": "/"}


def init_access(app: Flask) -> None:
    """Finds the signed-in user of each request by bearer token or cookie, and checks each route's declaration."""
    manager = LoginManager()
    # Sign-ins are our own rows; Flask's session signs the form tokens only.
    manager.session_protection = None
    manager.init_app(app, add_context_processor=False)
    manager.request_loader(_load)
    app.before_request(check_access)


def _load(incoming: Request) -> SessionInfo | None:
    """What is wrong with where sign-ins are kept concerns only what asks for one: public pages go on without."""
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
            # Said of everything that has the form, so that nobody learns which ids there are.
            raise BotException("AUTHENTICATION_REQUIRED", _NOT_HERE)
        return sessions.find(token, "bearer", in_use=in_use)
    given = incoming.cookies.get(ID_COOKIE, "")
    if access.first_version and _ID.fullmatch(given):
        return sessions.find(given, "session_id", in_use=in_use, kinds=FIRST_VERSION)
    token = incoming.cookies.get(cookie_name(), "")
    return sessions.find(token, "cookie", in_use=in_use) if token else None


def check_access() -> None:
    """Raises what keeps the caller from the current route; a route without a declaration is nobody's."""
    if request.endpoint is None or request.endpoint == "static":
        return
    access = access_of(current_app.view_functions[request.endpoint])
    if access is None:
        raise BotException("INTERNAL", "This route declares no access.", endpoint=request.endpoint)
    if not access.public:
        _check(access)


def _note_refusal(user: SessionInfo) -> None:
    """Somebody asked for what is an administrator's."""
    with identity() as session:
        audit(session, "admin_refused", actor_id=user.id, ip=visitor().ip, detail=request.endpoint)
        session.commit()


def _check(access: Access) -> None:
    if not current_user.is_authenticated:
        raise g.get("sign_in_failure") or BotException("AUTHENTICATION_REQUIRED")
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
