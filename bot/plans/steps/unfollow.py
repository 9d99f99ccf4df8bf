"""unfollow: its words and fields for the API."""

from typing import ClassVar, Literal

from pydantic import Field

from bot.plans.step import Step
from bot.storage.models.values import StepKind


class Unfollow(Step):
    """Unfollow the person, or take back the request to a private account."""

    do: Literal[StepKind.UNFOLLOW] = StepKind.UNFOLLOW
    from_sources: ClassVar[frozenset[str] | None] = frozenset({"followed_by_bot", "people"})
    only_not_following_back: bool = Field(False, description="Keep those who follow back.")
