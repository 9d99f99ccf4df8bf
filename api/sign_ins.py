"""Sign-ins: your own with their history, and for administrators all that are open."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from api.answers import Answer, Listing, Paging, Schema
from api.blueprint import blueprint, raises
from bot.auth import session_list
from bot.auth.session_list import SignInReport
from bot.inputs.pagination import Page
from bot.storage.models.values import SignInKind
from middleware.access import me, require_role, signed_in, visitor

bp = blueprint("sign_ins", "Sign-ins")


class SignInShown(Schema):
    """One sign-in, open or ended. Ended ones stay for 90 days."""

    id: str
    created_at: datetime
    last_seen_at: datetime = Field(description="When it was last used, give or take some minutes.")
    expires_at: datetime = Field(description="When it ends regardless of its use. It ends earlier if unused.")
    ip: str
    user_agent: str = Field(description="Browser and system in words, or the name of the program.")
    device_name: str | None = Field(description="What you call the device, if you have named it.")
    kind: SignInKind = Field(
        description="`remembered` outlasts a closed browser; `first_version` is an id of /api/login."
    )
    current: bool = Field(description="Whether this request is made with it.")
    ended_at: datetime | None = Field(description="Null while it is open.")
    end_reason: str | None = Field(description="Why it has ended, such as `signed_out`, `idle` or `password_changed`.")

    @classmethod
    def of(cls, report: SignInReport) -> Self:
        return cls.model_validate(_values(report))


class SignInOfUser(SignInShown):
    """A sign-in as administrators see it."""

    user_id: str
    username: str


def _values(report: SignInReport) -> dict[str, object]:
    return {**vars(report), "user_agent": report.device, "ended_at": report.ended_at, "end_reason": report.end_reason}


class SignInListing(Listing):
    items: list[SignInShown]

    @classmethod
    def of(cls, page: Page[SignInReport]) -> Self:
        return cls(items=[SignInShown.of(report) for report in page.items], next=page.next)


class SignInOfUserListing(Listing):
    items: list[SignInOfUser]

    @classmethod
    def of(cls, page: Page[SignInReport]) -> Self:
        return cls(items=[SignInOfUser.of(report) for report in page.items], next=page.next)


class CleanedUp(Answer):
    """The sign-ins that were removed."""

    removed: int = Field(description="Sign-ins that had expired; their users still see them in their history.")
    forgotten: int = Field(description="Sign-ins that ended over 90 days ago. Their history is deleted.")


@bp.get("/auth/sessions")
@signed_in
@bp.input(Paging, location="query")
@bp.output(SignInListing)
@raises("BAD_CURSOR")
def list_my_sessions(query_data: Paging) -> SignInListing:
    """List your sign-ins, open ones and those that ended in the last 90 days, newest first."""
    return SignInListing.of(session_list.list_own(me(), query_data.limit, query_data.cursor))


@bp.delete("/auth/sessions/<uuid:sign_in_id>")
@signed_in
@bp.output(Answer)
@raises("SIGN_IN_NOT_FOUND")
def end_my_session(sign_in_id: UUID) -> Answer:
    """End one of your sign-ins. Repeating it changes nothing."""
    session_list.end_own(me(), str(sign_in_id), visitor())
    return Answer()


@bp.delete("/auth/sessions")
@signed_in
@bp.output(Answer)
def end_my_other_sessions() -> Answer:
    """End all your sign-ins but this one."""
    session_list.end_own_others(me(), visitor())
    return Answer()


@bp.get("/sessions")
@require_role("admin")
@bp.input(Paging, location="query")
@bp.output(SignInOfUserListing)
@raises("BAD_CURSOR")
def list_sessions(query_data: Paging) -> SignInOfUserListing:
    """List all open sign-ins, newest first.

    A page may hold fewer than `limit`; the last one has no `next`.
    """
    return SignInOfUserListing.of(session_list.list_all(me(), query_data.limit, query_data.cursor))


@bp.delete("/sessions/<uuid:sign_in_id>")
@require_role("admin")
@bp.output(Answer)
@raises("SIGN_IN_NOT_FOUND")
def end_session(sign_in_id: UUID) -> Answer:
    """End a sign-in of any user."""
    session_list.end_any(me(), str(sign_in_id), visitor())
    return Answer()


@bp.post("/cleanup-sessions")
@require_role("admin")
@bp.output(CleanedUp)
def clean_up_sessions() -> CleanedUp:
    """Remove the expired sign-ins now. The clock does it every minute."""
    done = session_list.clean_up_now(me(), visitor())
    return CleanedUp(removed=done.ended, forgotten=done.forgotten)
