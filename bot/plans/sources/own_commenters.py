"""own_commenters: people who lately commented on posts of the linked account."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from bot.plans.source import Found, Reader, Source, who_reacted
from bot.plans.step import Unit


class OwnCommenters(Source):
    """People who lately commented on posts of the linked account; Instagram names some of them."""

    kind: Literal["own_commenters"] = "own_commenters"
    words: ClassVar[str] = "comments on your posts"

    def find(self, bot: Reader, part: Mapping[str, str], cursor: str | None, unit: Unit) -> Found:
        return who_reacted(bot.client.news(), "comment")
