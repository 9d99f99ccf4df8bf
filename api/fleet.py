"""All bots for administrators: verdicts, who has to act, and reminders."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from api.answers import Answer, Listing, Paging, Schema
from api.blueprint import blueprint, raises
from bot.core.errors import Who
from bot.fleet import bots, reminders
from bot.fleet.bots import Fleet
from bot.fleet.reminders import Reminded
from bot.storage.models.values import AlertKind, BotCondition
from middleware.access import me, require_role

bp = blueprint("fleet", "Fleet")


class BotSearch(Paging):
    """Filter of the bots."""

    condition: BotCondition | None = Field(None, description="Only the bots in this condition.")
    search: str | None = Field(None, max_length=64, description="A part of the user's name or of the account's.")


class FleetBotOut(Schema):
    """One bot: its verdict, since when, and who has to act. It has no text that users or strangers wrote."""

    user_id: UUID
    username: str
    instagram_username: str | None
    condition: BotCondition = Field(
        description="`working`, `waiting` for something that ends automatically or for an action, `needs_help` of a "
        "person, or `off`."
    )
    reason: str | None = Field(description="A name of the registry, or ACTING; null for a minute after an upgrade.")
    code: str | None = Field(description="The code of the reason; null while the bot acts.")
    message: str = Field(description="The verdict in a few words.")
    kind: str | None = Field(description="The kind of steps it is about; null if it is about all.")
    rule: str | None = Field(description="The rule that the bot waits for.")
    cause: str | None = Field(description="The name of the error that began a rest; null for every other reason.")
    who: Who | None = Field(description="Who has to act; null if no one has to.")
    act: str | None = Field(description="What they have to do, if the bot needs help.")
    since: datetime | None = Field(description="Since when the bot is in this condition for this reason.")
    until: datetime | None = Field(description="When this ends automatically.")
    reminded_at: datetime | None = Field(description="The last reminder of the user within a day.")


class ConditionCounts(Schema):
    """Bots by condition."""

    working: int
    waiting: int
    needs_help: int
    off: int
    total: int


class HoldOut(Schema):
    """The hold on all bots."""

    reason: str
    code: str
    message: str
    since: datetime
    detail: str | None = Field(description="The reason that an administrator gave.")


class FleetListing(Listing):
    items: list[FleetBotOut]
    counts: ConditionCounts = Field(description="Of all bots that the search finds.")
    hold: HoldOut | None = Field(description="Null while bots may act. While it holds, no bot works.")

    @classmethod
    def of(cls, fleet: Fleet) -> Self:
        by_name = {str(name): count for name, count in fleet.counts.of.items()} | {"total": fleet.counts.total}
        counts = ConditionCounts.model_validate(by_name)
        return cls.model_validate({**vars(fleet), "counts": counts})


class RemindedAnswer(Answer):
    at: datetime
    sent_by: list[AlertKind] = Field(description="The kinds of channels that the reminder goes to.")

    @classmethod
    def of(cls, reminded: Reminded) -> Self:
        return cls(at=reminded.at, sent_by=reminded.sent_by)


@bp.get("/admin/bots")
@require_role("admin")
@bp.input(BotSearch, location="query")
@bp.output(FleetListing)
@raises("BAD_CURSOR")
def list_fleet(query_data: BotSearch) -> FleetListing:
    """List all bots: those that need help first, then those that are on, then those that are off, by name.

    The verdicts are kept up to date, so the answer takes as long for many bots as for few.
    """
    found = bots.list_bots(query_data.limit, query_data.cursor, query_data.condition, query_data.search)
    return FleetListing.of(found)


@bp.post("/admin/bots/<uuid:user_id>/remind")
@require_role("admin")
@bp.output(RemindedAnswer)
@raises("USER_NOT_FOUND", "NOTHING_TO_REMIND", "REMINDED_TODAY", "NO_WAY_TO_REMIND")
def remind_user(user_id: UUID) -> RemindedAnswer:
    """Remind a user whose bot waits for them, once a day.

    It goes to each of their notification channels, and by mail if none of those is a mailbox.
    """
    return RemindedAnswer.of(reminders.remind(me(), str(user_id)))
