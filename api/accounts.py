"""The linked Instagram account: link, verify, test, unlink, and poll such a request."""

from datetime import datetime
from io import BytesIO
from typing import Any, Literal, Self
from uuid import UUID

from flask import send_file, url_for
from flask.wrappers import Response
from pydantic import Field

from api.answers import Answer, Schema, accepted
from api.blueprint import also_returns, blueprint, raises
from api.idempotency import REPEATED, IdempotencyKey, idempotent
from bot.core.errors import registry
from bot.linking import requests, session_imports, session_tests, unlinking
from bot.linking.link_forms import Code, ImportSession, Link, SendCode
from bot.storage.models.values import CodeMethod, VerificationKind
from bot.users import session_export
from bot.users.directory import visible_user
from middleware.access import me, require_confirmed, require_role, signed_in, visitor

bp = blueprint("accounts", "Instagram account")
ASKING = (
    "INSTANCE_BUSY",
    "QUEUE_UNAVAILABLE",
    "REQUEST_ABANDONED",
    "REQUEST_WITHDRAWN",
    "KILL_SWITCH",
    "DATABASE_RESTORED",
    "INSTAGRAM_CLIENT_OUTDATED",
)
SAID_NO = (
    "SESSION_INVALID",
    "INSTAGRAM_TIMEOUT",
    "INSTAGRAM_SERVER_ERROR",
    "INSTAGRAM_UNREADABLE",
    "INSTAGRAM_UNREACHABLE",
    "INSTAGRAM_PROXY_FAILED",
    "PROXY_FORBIDDEN",
    "PROXY_NOT_FOUND",
    "INSTAGRAM_REFUSED",
    "INSTAGRAM_PLEASE_WAIT",
    "INSTAGRAM_THROTTLED",
    "INSTAGRAM_ACTION_BLOCKED",
    "INSTAGRAM_CHALLENGE",
    "INSTAGRAM_CONFIRM_IN_APP",
    "INSTAGRAM_CONSENT",
    "INSTAGRAM_SUSPENDED",
    "INSTAGRAM_LOGGED_OUT",
    "INSTAGRAM_ADDRESS_BLOCKED",
    "INSTAGRAM_CLIENT_OUTDATED",
    "INSTAGRAM_SIGN_IN_LATER",
    "INSTAGRAM_SIGN_IN_DISTRUSTED",
    "INSTAGRAM_SIGN_IN_CHANGED",
    "INSTAGRAM_NEW_PASSWORD_NEEDED",
    "INSTAGRAM_UNKNOWN_STEP",
)
FOUND_NOTHING = (
    "INSTAGRAM_PERSON_NOT_FOUND",
    "INSTAGRAM_PERSON_PRIVATE",
    "HASHTAG_EMPTY",
    "INSTAGRAM_HASHTAG_HIDDEN",
    "COOL_DOWN",
    "LOOKED_JUST_NOW",
)
SIGN_IN = (
    "INSTAGRAM_WRONG_PASSWORD",
    "INSTAGRAM_UNKNOWN_USER",
    "INSTAGRAM_ACCOUNT_TAKEN",
)
TYPED_PROXY = ("PROXY_MALFORMED", "PROXY_FORBIDDEN", "PROXY_NOT_FOUND", "PROXY_IN_CHALLENGE")
CODE = ("INSTAGRAM_WRONG_CODE", "INSTAGRAM_CODE_EXPIRED", "NO_CODE_EXPECTED")


SETTINGS: dict[int | str, Any] = {
    200: {"description": "The settings.", "content": {"application/json": {"schema": {"type": "object"}}}}
}


class Pending(Answer):
    """Instagram has not answered yet."""

    pending: Literal[True] = True
    request: str = Field(description="The id of the request. Poll it at Location.")


class Verification(Schema):
    """A code, or a confirmation in Instagram's own app, that Instagram waits for."""

    kind: VerificationKind
    sent_to: str = Field(description="Where the code went, as far as Instagram shows it.")
    expires_at: datetime
    method: CodeMethod | None = Field(None, description="How the code comes; null if Instagram did not say.")
    methods: list[CodeMethod] = Field(
        [], description="The ways that Instagram offers for this account; see /api/bot/verify/send."
    )


class Ended(Answer):
    """Instagram's answer. If a tested session is no longer valid, `error` to `action` say why, as in a failure."""

    pending: Literal[False] = False
    request: str | None = Field(description="The id of the request; null if Instagram was not asked.")
    session_valid: bool
    last_tested: datetime | None
    requires_verification: bool = Field(description="Send the code to /api/bot/verify.")
    verification: Verification | None
    error: str | None
    code: str | None
    message: str | None
    action: str | None

    @classmethod
    def of(cls, answer: requests.Answer) -> Self:
        result = answer.result
        why = registry().get(str(result.get("error")))
        return cls(
            request=answer.id or None,
            session_valid=bool(result.get("session_valid")),
            last_tested=answer.last_tested,
            requires_verification=bool(result.get("requires_verification")),
            verification=Verification.model_validate(result["verification"]) if "verification" in result else None,
            error=why.name if why else None,
            code=why.code if why else None,
            message=why.description if why else None,
            action=why.remedy if why else None,
        )


class SessionTested(Answer):
    """The validity of a user's session as an administrator sees it, and why it is not valid."""

    pending: Literal[False] = False
    session_valid: bool
    error: str | None
    code: str | None
    message: str | None
    action: str | None

    @classmethod
    def of(cls, answer: requests.Answer) -> Self:
        return cls.model_validate(Ended.of(answer).model_dump(include=set(cls.model_fields)))


class Candidate(Schema):
    """A person, or a post of theirs, that an action would find."""

    target: str = Field(description="A username, or the short code of a post.")
    person: str
    accepted: bool | None = Field(description="Whether they pass the filters; null if not looked up.")
    reason: str | None = Field(description="Why they would be skipped.")
    message: str | None = Field(description="The same in words, to follow a name.")


class Candidates(Answer):
    """The first candidates of an action. Nothing was done."""

    pending: Literal[False] = False
    dry_run: Literal[True] = True
    request: str = Field(description="The id of the request.")
    candidates: list[Candidate]

    @classmethod
    def of(cls, answer: requests.Answer) -> Self:
        return cls.model_validate({"request": answer.id, "candidates": answer.result["candidates"]})


def rendered(answer: requests.Answer) -> Ended | Candidates | Response:
    """Return Instagram's answer, or 202 with a Location to poll if there is none yet."""
    if answer.pending:
        place = url_for("api.accounts.show_request", request_id=answer.id)
        return accepted(Pending(request=answer.id), place, retry_after=1)
    return Candidates.of(answer) if answer.kind == "preview" else Ended.of(answer)


@bp.post("/bot/login")
@signed_in
@bp.input(Link)
@bp.input(IdempotencyKey, location="headers")
@idempotent()
@bp.output(Ended)
@also_returns(202, Pending)
@raises(*REPEATED, *ASKING, *SIGN_IN, *SAID_NO, "PROXY_MALFORMED", "PROXY_IN_CHALLENGE", "VAULT_REFUSED")
def link(json_data: Link) -> Ended | Candidates | Response:
    """Link an Instagram account.

    A worker signs in at Instagram. If Instagram asks for a code, `requires_verification` is true.
    """
    return rendered(requests.link(me().id, json_data, sign_in_id=me().session_id))


@bp.post("/bot/import-session")
@signed_in
@bp.input(ImportSession)
@bp.input(IdempotencyKey, location="headers")
@idempotent()
@bp.output(Ended)
@also_returns(202, Pending)
@raises(*REPEATED, *ASKING, *SIGN_IN, *SAID_NO, "PROXY_MALFORMED", "PROXY_IN_CHALLENGE", "VAULT_REFUSED")
def import_session(json_data: ImportSession) -> Ended | Candidates | Response:
    """Link an Instagram account by a session that you already have.

    A worker proves it by one read at Instagram before it is stored. No password is asked for or stored: if the session
    ends, import another or link by password.
    """
    return rendered(session_imports.import_session(me().id, json_data, sign_in_id=me().session_id))


@bp.post("/bot/export-session")
@signed_in
@require_confirmed
@bp.doc(responses=SETTINGS)
@raises("NOT_LINKED", "TOO_MANY_ATTEMPTS", "VAULT_REFUSED")
def export_session() -> Response:
    """Download your Instagram session, to move it to another installation.

    It is JSON that instagrapi and /api/bot/import-session take. With it anyone is signed in to your account, without a
    password. At most three downloads in 15 minutes.
    """
    file = session_export.export_session(me().id, visitor())
    return send_file(BytesIO(file.text.encode()), "application/json", as_attachment=True, download_name=file.name)


@bp.post("/bot/verify")
@signed_in
@bp.input(Code)
@bp.input(IdempotencyKey, location="headers")
@idempotent()
@bp.output(Ended)
@also_returns(202, Pending)
@raises(*REPEATED, *ASKING, *CODE, *SIGN_IN, *SAID_NO)
def verify(json_data: Code) -> Ended | Candidates | Response:
    """Send the code that Instagram asked for."""
    return rendered(requests.verify(me().id, json_data, sign_in_id=me().session_id))


@bp.post("/bot/verify/send")
@signed_in
@bp.input(SendCode)
@bp.input(IdempotencyKey, location="headers")
@idempotent()
@bp.output(Ended)
@also_returns(202, Pending)
@raises(*REPEATED, *ASKING, *CODE, *SIGN_IN, *SAID_NO, "TOO_MANY_ATTEMPTS")
def send_code(json_data: SendCode) -> Ended | Candidates | Response:
    """Have the code sent again, or choose another way to get it.

    For `device`, approve the sign-in on another device, then test the session.
    """
    return rendered(requests.send_code(me().id, json_data, sign_in_id=me().session_id))


@bp.post("/bot/logout")
@signed_in
@bp.output(Answer)
def unlink() -> Answer:
    """Stop the bot and delete the Instagram session and its credentials."""
    unlinking.unlink(me().id)
    return Answer()


@bp.post("/users/<uuid:user_id>/test-session")
@signed_in
@bp.input(IdempotencyKey, location="headers")
@idempotent()
@bp.output(Ended)
@also_returns(200, Ended, SessionTested)
@also_returns(202, Pending)
@raises("USER_NOT_FOUND", "USER_DISABLED", *REPEATED, *ASKING, *SIGN_IN, *SAID_NO)
def test_session(user_id: UUID) -> Ended | Candidates | SessionTested | Response:
    """Test a stored Instagram session: your own, or as an administrator another user's.

    An administrator learns only whether it is valid. Without a linked account it is not valid, and Instagram is not
    asked.
    """
    if str(user_id) == me().id:
        return rendered(requests.test_session(me().id, sign_in_id=me().session_id))
    user = visible_user(str(user_id), me())
    return _of_user(user.id, session_tests.begin_test(me(), user.id, visitor()))


@bp.get("/users/<uuid:user_id>/test-session/<uuid:request_id>")
@require_role("admin")
@bp.output(SessionTested)
@also_returns(202, Pending)
@raises("USER_NOT_FOUND", "REQUEST_NOT_FOUND", *ASKING, *SIGN_IN, *SAID_NO)
def show_session_test(user_id: UUID, request_id: UUID) -> SessionTested | Response:
    """Show a test of a user's session that was answered with 202."""
    return _of_user(str(user_id), session_tests.find_test(str(user_id), str(request_id)))


def _of_user(user_id: str, answer: requests.Answer) -> SessionTested | Response:
    if answer.pending:
        place = url_for("api.accounts.show_session_test", user_id=user_id, request_id=answer.id)
        return accepted(Pending(request=answer.id), place, retry_after=1)
    return SessionTested.of(answer)


@bp.get("/bot/requests/<uuid:request_id>")
@signed_in
@bp.output(Ended)
@also_returns(200, Ended, Candidates)
@also_returns(202, Pending)
@raises("REQUEST_NOT_FOUND", *ASKING, *FOUND_NOTHING, *SIGN_IN, *CODE, *SAID_NO)
def show_request(request_id: UUID) -> Ended | Candidates | Response:
    """Show a request that was answered with 202."""
    return rendered(requests.get_request(me().id, str(request_id)))
