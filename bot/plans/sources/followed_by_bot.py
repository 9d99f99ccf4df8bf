"""followed_by_bot: people from the bot's own records of follows."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from bot.actions.filters import Number
from bot.actions.past_follows import followed
from bot.actions.targets import Candidate
from bot.inputs.validation import InstagramName
from bot.plans.source import Found, Reader, Source
from bot.plans.step import Unit


class FollowedByBot(Source):
    """People that this bot followed.

    They come from the bot's own records and not from Instagram, so that no follow by the user's own hand is among them.
    """

    kind: Literal["followed_by_bot"] = "followed_by_bot"
    words: ClassVar[str] = "people your bot followed"
    older_than_days: Number = Field(7, ge=1, le=365, description="Only people followed this many days ago or more.")
    keep: list[InstagramName] = Field([], max_length=1000, description="People to leave out, beside the keep list.")

    def find(self, bot: Reader, part: Mapping[str, str], cursor: str | None, unit: Unit) -> Found:
        people, cursor = followed(bot.user_id, self.older_than_days, self.keep, cursor)
        return Found([Candidate(name, name, instagram_id) for name, instagram_id in people], cursor)
