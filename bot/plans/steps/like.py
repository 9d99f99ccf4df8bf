"""like: its words and fields for the API."""

from typing import Literal

from pydantic import Field

from bot.actions.filters import Number
from bot.plans.step import Step, Unit
from bot.storage.models.values import StepKind


class Like(Step):
    """Like the post that the source has found, or the last posts of the person."""

    do: Literal[StepKind.LIKE] = StepKind.LIKE
    posts: Number | None = Field(
        None, ge=1, le=3, description="How many of the person's last posts; without it the post that the source found."
    )

    @property
    def takes(self) -> Unit:
        return "post" if self.posts is None else "person"

    @property
    def times(self) -> int:
        return self.posts or 1
