"""The version of the Instagram client, the release of bots once it is refused, and replies that it did not know."""

from datetime import datetime
from typing import Self

from pydantic import Field

from api.answers import Answer, Schema
from api.blueprint import blueprint
from bot.automation import client_versions, unknown_replies
from bot.automation.client_versions import ClientVersion
from middleware.access import me, require_role

bp = blueprint("instagram_client", "Instagram client")


class SessionsOut(Schema):
    """How many linked accounts have a session of one app version."""

    app_version: str | None = Field(description="Null for sessions that have not been used since this is counted.")
    accounts: int


class ClientOut(Schema):
    """The version of the client that a worker started last."""

    version: str
    app_version: str = Field(description="The version of Instagram's app that it speaks for.")
    since: datetime = Field(description="When it ran here first.")
    days: int = Field(description="The whole days since then.")
    refused_at: datetime | None = Field(description="When Instagram refused it; null if it has not.")
    released_at: datetime | None = Field(description="When an admin released the bots after that.")
    released_by: str | None


class ClientAnswer(Answer):
    held: bool = Field(description="Whether no bot acts until a worker runs another version or an admin releases them.")
    client: ClientOut | None = Field(description="Null if no worker has ever started.")
    sessions: list[SessionsOut]

    @classmethod
    def of(cls, client: ClientVersion | None) -> Self:
        sessions = client.sessions.items() if client else ()
        return cls(
            held=client is not None and client.held,
            client=ClientOut.model_validate(client) if client else None,
            sessions=[SessionsOut(app_version=version, accounts=count) for version, count in sessions],
        )


@bp.get("/admin/instagram-client")
@require_role("admin")
@bp.output(ClientAnswer)
def show_instagram_client() -> ClientAnswer:
    """Show the version of the Instagram client, its age here, and how many sessions use which app version."""
    return ClientAnswer.of(client_versions.client_version())


@bp.delete("/admin/instagram-client/hold")
@require_role("admin")
@bp.output(ClientAnswer)
def release_from_client() -> ClientAnswer:
    """Release the bots that are held because Instagram refused the client's version.

    They go on with that version within a minute, and are held again if it is refused again.
    """
    client_versions.release_client(me().id)
    return ClientAnswer.of(client_versions.client_version())


class UnknownReplyOut(Schema):
    """The shape of a reply that this version did not understand. It has nothing of an account."""

    path: str = Field(description="The path of the request, with {} and * for names and ids.")
    http_status: int
    error_code: str = Field(description="The code by which the call ended.")
    client: str = Field(description="The version of the client that got it last.")
    shape: dict[str, str] = Field(
        description="The place of each value in the reply → its types: object, list, text, number, digits, bool, null, "
        "page, empty, absent, or = and a word of the protocol."
    )
    count: int = Field(description="How often it came.")
    first_seen_at: datetime
    last_seen_at: datetime


class UnknownRepliesAnswer(Answer):
    replies: list[UnknownReplyOut] = Field(description="The newest first; 100 at most, of the last 90 days.")


@bp.get("/admin/instagram-client/unknown-replies")
@require_role("admin")
@bp.output(UnknownRepliesAnswer)
def list_unknown_replies() -> UnknownRepliesAnswer:
    """List the shapes of the replies that this version did not understand, and how often they came."""
    found = unknown_replies.unknown_replies()
    return UnknownRepliesAnswer(replies=[UnknownReplyOut.model_validate(reply) for reply in found])
