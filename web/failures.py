"""Failures as HTML: next to the form, as a way to the sign-in, or as a page."""

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from bot.core.errors import BotException
from bot.history.activity import log_error
from web import kept_forms

View = TypeVar("View", bound=Callable[..., Any])
Page = Callable[..., str]
"""Renders a page. Called with `failure=`, it also shows that next to what was typed."""
_SENT_AGAIN = "__sent_again__"
# Answers of Instagram that concern one field of the form.
_FIELDS = {
    "INSTAGRAM_WRONG_PASSWORD": "password",
    "INSTAGRAM_UNKNOWN_USER": "username",
    "INSTAGRAM_WRONG_CODE": "code",
}


def shown_on(page: Page) -> Callable[[View], View]:
    """Show what the view raises on that page, with the failure's status, instead of on an error page.

    The page is called with the arguments of the view's address. The error page is shown if that page fails too, for
    example because its object is gone, and for failures before the view runs (access, form token, size).
    """

    def declare(view: View) -> View:
        @wraps(view)
        def entered(**arguments: Any) -> ResponseReturnValue:
            g.page_of_failure = page
            result: ResponseReturnValue = view(**arguments)
            return result

        return entered  # type: ignore[return-value]  # it takes and returns what the view does

    return declare


def shown_once(sent_again: Callable[[], ResponseReturnValue | None]) -> Callable[[View], View]:
    """Answer by `sent_again`, unless that is None, if a form is sent once more after its page voided its token.

    A reload of a page that a POST showed does that.
    """

    def declare(view: View) -> View:
        setattr(view, _SENT_AGAIN, sent_again)
        return view

    return declare


def render_error(failure: BotException, code: str) -> ResponseReturnValue:
    """Return problem+json's twin as HTML: the form again, the way to the sign-in, or the error page.

    If that fails too, for example because the database is away, return a page that needs no data.
    """
    try:
        return _shown(failure, code)
    except Exception as error:
        log_error(error, route=str(request.url_rule or "none"))
        return make_response(render_template("error_alone.html", failure=failure, code=code), failure.status)


def _shown(failure: BotException, code: str) -> ResponseReturnValue:
    if failure.name == "CSRF_FAILED" and "token" in failure.meta and (answer := _sent_again()) is not None:
        return answer
    if failure.name == "SIGN_IN_LOST":
        flash(f"{failure.message} {failure.remedy}", "info")
    if failure.name in ("AUTHENTICATION_REQUIRED", "SIGN_IN_LOST"):
        return _to("web.sessions.sign_in")
    if failure.name == "PASSWORD_CHANGE_REQUIRED":
        return _to("web.profile.change_password")
    if failure.name == "SECOND_FACTOR_SETUP_REQUIRED":
        return _to("web.second_factor.show")
    if failure.name == "CONFIRMATION_REQUIRED":
        # A form that was sent is not done later automatically, so the page has to say it, and what was typed is kept.
        if request.method == "POST":
            kept_forms.keep()
        return _to("web.profile.ask_confirm", unsent=None if request.method == "GET" else 1)
    html = _on_its_page(failure) or render_template("error.html", failure=failure, code=code, calm=failure.status < 500)
    response = make_response(html, failure.status)
    if wait := failure.meta.get("retry_after"):
        response.headers["Retry-After"] = str(wait)
    return response


def _sent_again() -> ResponseReturnValue | None:
    view = current_app.view_functions.get(request.endpoint or "")
    sent_again: Callable[[], ResponseReturnValue | None] | None = getattr(view, _SENT_AGAIN, None)
    return sent_again() if sent_again and current_user.is_authenticated else None


def _on_its_page(failure: BotException) -> str | None:
    page: Page | None = g.get("page_of_failure")
    # After a fault of the database or of ours, the form's page would fail the same way.
    faulty = failure.name == "INTERNAL" or failure.entry.module == "DB"
    if page is not None and not faulty:
        # The page may refuse as well, for example a bad cursor. The first failure is the one to show.
        with suppress(BotException):
            return page(failure=failure, **(request.view_args or {}))
    return None


def _to(endpoint: str, **values: Any) -> ResponseReturnValue:
    """Redirect to a page that leads back afterwards. htmx would swap a redirect in, so it is told to load the page."""
    wanted = local_path(_wanted())
    address = url_for(endpoint, next=wanted if wanted != "/" else None, **values)
    if "HX-Request" in request.headers:
        return "", 401, {"HX-Redirect": address}
    return redirect(address, 303)


def _wanted() -> str | None:
    """Return the page the user is on: the one of a GET, else the one that sent the request."""
    if "HX-Request" in request.headers:
        return path_of(request.headers.get("HX-Current-URL"))
    return request.full_path.removesuffix("?") if request.method == "GET" else path_of(request.referrer)


def path_of(address: str | None) -> str | None:
    """Return path and query of an address of this site; None if it is another site's."""
    host, _, path = (address or "").partition("://")[2].partition("/")
    return "/" + path.partition("#")[0] if host == request.host else None


def local_path(wanted: str | None) -> str:
    """Return `wanted` if it is a path of this site, else the overview. No link may send people to another site."""
    if not wanted or not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return "/"
    return wanted if wanted.isprintable() and not urlsplit(wanted).netloc else "/"


def problems(failure: BotException | None) -> list[dict[str, str]]:
    """Return the problem of each field: `{field, code, message}`."""
    if failure is None:
        return []
    errors: list[dict[str, str]] = failure.meta.get("errors", [])
    if not errors and failure.name in _FIELDS:
        return [{"field": _FIELDS[failure.name], "code": failure.name, "message": failure.message}]
    return errors


def problem_of(failure: BotException | None, field: str) -> str | None:
    """Return the message for one field; None if it has no problem."""
    return next((problem["message"] for problem in problems(failure) if problem["field"] == field), None)
