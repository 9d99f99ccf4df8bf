"""The latest restore of the database, and the release of the bots that it holds."""

from datetime import datetime
from typing import Self

from pydantic import Field

from api.answers import Answer, Schema
from api.blueprint import blueprint
from bot.automation import generations
from bot.automation.generations import Restore
from bot.storage.models.values import RestoreCause
from middleware.access import me, require_role

bp = blueprint("restores", "Restores")


class RestoreOut(Schema):
    """The latest restore of the database. The bots are held while `released_at` is null."""

    began_at: datetime = Field(description="When it was found or declared.")
    cause: RestoreCause
    released_at: datetime | None
    released_by: str | None = Field(description="The administrator; null for the command, or if that user is erased.")


class RestoreAnswer(Answer):
    held: bool = Field(description="Whether no bot acts until an administrator releases them.")
    restore: RestoreOut | None = Field(description="Null if no restore is known.")

    @classmethod
    def of(cls, restore: Restore | None) -> Self:
        held = restore is not None and restore.released_at is None
        return cls(held=held, restore=RestoreOut.model_validate(restore) if restore else None)


@bp.get("/admin/restore")
@require_role("admin")
@bp.output(RestoreAnswer)
def show_restore() -> RestoreAnswer:
    """Show the latest restore of the database and whether the bots are held because of it."""
    return RestoreAnswer.of(generations.last_restore())


@bp.delete("/admin/restore/hold")
@require_role("admin")
@bp.output(RestoreAnswer)
def release_held_bots() -> RestoreAnswer:
    """Release the bots that are held because the database was restored.

    Each reads its inbox first, and checks each message before it is sent. The limits of the day of the restore count as
    used up. Repeating it changes nothing.
    """
    generations.release_bots(me().id)
    return RestoreAnswer.of(generations.last_restore())
