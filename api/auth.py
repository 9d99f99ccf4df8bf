"""Sign in and out by the API, and show the signed-in user."""

from datetime import datetime
from typing import Self

from flask import jsonify
from flask.wrappers import Response
from flask_wtf.csrf import generate_csrf
from pydantic import Field

from api.answers import Answer, Schema
from api.blueprint import blueprint, raises
from bot.auth import session_list
from bot.auth.sessions import SessionInfo
from bot.auth.sign_in_notices import last_sign_in
from bot.config.runtime import now
from bot.storage.models.values import Role
from bot.users.reauthentication import Confirmation, confirm
from bot.users.sign_in import SignedIn, SignIn, sign_in
from middleware.access import (
    allow_password_change,
    allow_second_factor_setup,
    cookie_name,
    cookie_options,
    me,
    public,
    signed_in,
    visitor,
)

bp = blueprint("auth", "Signing in")
DEVICE_TOKEN = Field(
    description="Send it as `X-Device-Token` at the next sign-in, so that strangers' wrong passwords do not delay it."
)
SECOND_FACTOR = ("SECOND_FACTOR_REQUIRED", "WRONG_CODE", "VAULT_REFUSED")


class Person(Schema):
    """A user, as everyone who may see them does."""

    id: str
    username: str
    role: Role
    email: str | None


class SignedInAnswer(Answer):
    """A new sign-in, with its token. The token is a secret and is shown this once."""

    token: str = Field(description="Send it as `Authorization: Bearer`. It is not shown again.")
    must_change_password: bool = Field(description="Nothing else is allowed before it is changed.")
    user: Person
    device_token: str = DEVICE_TOKEN

    @classmethod
    def of(cls, signed_in: SignedIn) -> Self:
        return cls(
            token=signed_in.token,
            must_change_password=signed_in.user.must_change_password,
            user=Person.model_validate(signed_in.user),
            device_token=signed_in.device_token,
        )


class Refreshed(Answer):
    """A sign-in under its new token."""

    token: str | None = Field(description="The new token; null if the answer sets it as a browser's cookie.")
    expires_at: datetime = Field(description="When it ends regardless of its use, as before.")


class WhoIAm(Answer):
    """The user whose token or cookie came with the request."""

    user: Person
    must_change_password: bool
    csrf_token: str | None = Field(description="The header X-CSRFToken of calls that a cookie signs in; else null.")

    @classmethod
    def of(cls, signed_in: SessionInfo) -> Self:
        token = generate_csrf() if signed_in.via == "cookie" else None
        person = Person.model_validate(signed_in)
        return cls(user=person, must_change_password=signed_in.must_change_password, csrf_token=token)


class Confirmed(Answer):
    """The sign-in after its user proved again who they are, for calls that need that."""

    confirmed_until: datetime = Field(description="No call asks for a confirmation before this time.")


class LastSignInDetails(Schema):
    at: datetime
    ip: str
    device: str
    failed: int = Field(description="The number of sign-ins with this name that failed in between.")


class LastSignInAnswer(Answer):
    last: LastSignInDetails | None = Field(description="Null at the first sign-in.")


@bp.post("/login")
@public
@bp.input(SignIn)
@bp.output(SignedInAnswer)
@raises("WRONG_CREDENTIALS", "FIRST_PASSWORD_EXPIRED", "TOO_MANY_SIGN_INS", *SECOND_FACTOR)
def login(json_data: SignIn) -> SignedInAnswer:
    """Sign in with username and password, and with a code if the user has a second factor."""
    return SignedInAnswer.of(sign_in(json_data, visitor()))


@bp.post("/refresh")
@signed_in
@bp.output(Refreshed)
def refresh() -> Refreshed | Response:
    """Replace the token by a new one. The old one stops working; the sign-in's end does not change.

    Of two requests with the same token one gets the new token, the other 401. A browser that is signed in by its cookie
    gets the new token only as that cookie.
    """
    renewed = session_list.renew(me(), visitor())
    if me().via != "cookie":
        return Refreshed(token=renewed.token, expires_at=renewed.expires_at)
    response = jsonify(Refreshed(token=None, expires_at=renewed.expires_at).model_dump(mode="json"))
    kept_for = renewed.expires_at - now() if me().kind == "remembered" else None
    response.set_cookie(cookie_name(), renewed.token, max_age=kept_for, **cookie_options())
    return response


@bp.post("/logout")
@allow_password_change
@allow_second_factor_setup
@bp.output(Answer)
def logout() -> Answer:
    """End this sign-in."""
    session_list.sign_out(me(), visitor())
    return Answer()


@bp.get("/last-sign-in")
@signed_in
@bp.output(LastSignInAnswer)
def show_last_sign_in() -> LastSignInAnswer:
    """Show the sign-in before this one and the number of failed ones since, so that a stranger's is noticed."""
    found = last_sign_in(me())
    return LastSignInAnswer(last=LastSignInDetails.model_validate(found) if found else None)


@bp.get("/me")
@allow_password_change
@allow_second_factor_setup
@bp.output(WhoIAm)
def who_am_i() -> WhoIAm:
    """Show the signed-in user."""
    return WhoIAm.of(me())


@bp.post("/confirm")
@signed_in
@allow_second_factor_setup
@bp.input(Confirmation)
@bp.output(Confirmed)
@raises("WRONG_CURRENT_PASSWORD", "TOO_MANY_SIGN_INS", "USER_NOT_FOUND", *SECOND_FACTOR)
def confirm_sign_in(json_data: Confirmation) -> Confirmed:
    """Confirm that it is you.

    Calls that answer `CONFIRMATION_REQUIRED` are allowed to this sign-in for some minutes after it.
    """
    return Confirmed(confirmed_until=confirm(me(), json_data, visitor()))
