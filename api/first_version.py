"""Paths of the first version: sign in with an Instagram account, send messages, read the results."""

from datetime import datetime
from typing import Self

from flask.wrappers import Response
from pydantic import Field

from api.accounts import ASKING, CODE, SAID_NO, SIGN_IN, Pending, Verification
from api.answers import CSV, Answer, accepted
from api.auth import SECOND_FACTOR
from api.blueprint import also_returns, blueprint, raises, request_bodies
from api.idempotency import IdempotencyKey
from api.messages import (
    REFUSED,
    AcceptedMessages,
    PreviewedMessages,
    ResultListing,
    SendMessagesToFile,
    WhichResults,
    place_messages,
    results,
    take_long_lists,
)
from bot.auth.session_list import sign_out
from bot.linking.instagram_sign_in import CredentialsWithCode, InstagramSignIn, sign_in_by_instagram
from bot.messages.sending import SendMessages
from middleware.access import (
    allow_code,
    allow_password_change,
    allow_second_factor_setup,
    first_version,
    get_current_bot_manager,
    get_current_session,
    me,
    public,
    signed_in,
    visitor,
)

_OF_INSTAGRAM = (*ASKING, *SIGN_IN, *SAID_NO)

bp = blueprint("first_version", "First version")
bp.url_value_preprocessor(take_long_lists)


class SignedIn(Answer):
    """A sign-in by means of an Instagram account."""

    session_id: str = Field(
        description="Send it as the cookie `session_id` or as `Authorization: Bearer` on the paths of the first "
        "version and no other; it is not shown again."
    )
    username: str = Field(description="The username at Instagram.")
    session_valid: bool = Field(description="Whether the Instagram account is linked.")
    requires_verification: bool = Field(
        description="Send the code here as `verification_code`, with this session_id and the same credentials."
    )
    verification: Verification | None

    @classmethod
    def of(cls, done: InstagramSignIn, token: str, username: str) -> Self:
        waiting = done.answer.result.get("verification") if done.answer else None
        return cls(
            session_id=token,
            username=username,
            session_valid=not done.requires_verification,
            requires_verification=done.requires_verification,
            verification=Verification.model_validate(waiting) if waiting else None,
        )


class Status(Answer):
    """The signed-in user and the state of their Instagram account."""

    logged_in: bool
    username: str | None = Field(description="The username at Instagram.")
    session_valid: bool
    bot_running: bool
    last_tested: datetime | None


@bp.post("/login")
@public
@first_version
@bp.input(CredentialsWithCode)
@bp.output(SignedIn)
@also_returns(202, Pending)
@raises(*SECOND_FACTOR, "WRONG_CREDENTIALS", "FIRST_PASSWORD_EXPIRED", "TOO_MANY_SIGN_INS", *CODE, *_OF_INSTAGRAM)
def login_by_instagram(json_data: CredentialsWithCode) -> SignedIn | Response:
    """Sign in with an Instagram account. If the server allows it, its first use creates a user.

    202 means that Instagram has not answered yet: send the same body again. With `requires_verification` the id may
    send the code here and nothing else; once Instagram has taken the code, the answer holds a new id.
    """
    done = sign_in_by_instagram(json_data, visitor(), get_current_session())
    if done.signed_in is None:
        return accepted(Pending(request=done.answer.id if done.answer else ""), "/api/login", retry_after=5)
    return SignedIn.of(done, done.signed_in.token, done.signed_in.user.instagram_username or "")


@bp.get("/status")
@signed_in
@first_version
@allow_code
@bp.output(Status)
def show_sign_in() -> Status:
    """Show the state of your Instagram account."""
    report = get_current_bot_manager().report()
    return Status.model_validate({**vars(report), "logged_in": True, "username": report.instagram_username})


@bp.post("/logout")
@signed_in
@first_version
@allow_code
@allow_password_change
@allow_second_factor_setup
@bp.output(Answer)
def end_sign_in() -> Answer:
    """End this sign-in. The bot goes on."""
    sign_out(me(), visitor())
    return Answer()


@bp.post("/send-messages")
@signed_in
@first_version
@request_bodies(SendMessages, form=SendMessagesToFile)
@bp.input(IdempotencyKey, location="headers")
@bp.output(PreviewedMessages)
@also_returns(202, AcceptedMessages)
@raises(*REFUSED)
def send_messages_to(headers_data: IdempotencyKey) -> PreviewedMessages | Response:
    """Send each person one message; the same as /api/bot/actions/send-messages."""
    return place_messages(headers_data.key)


@bp.get("/results")
@signed_in
@first_version
@bp.input(WhichResults, location="query")
@bp.output(ResultListing)
@bp.doc(responses=CSV)
@raises("BAD_CURSOR", "TOO_MANY_AT_ONCE")
def list_every_result(query_data: WhichResults) -> ResultListing | Response:
    """List the results of all your messages, newest action first."""
    return results(None, query_data)
