"""own_likers: people who lately liked posts of the linked account."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from bot.plans.source import Found, Reader, Source, who_reacted
from bot.plans.step import Unit


class OwnLikers(Source):
    """People who lately liked posts of the linked account; Instagram names some of them."""

    kind: Literal["own_likers"] = "own_likers"
    words: ClassVar[str] = "likes of your posts"

    def find(self, bot: Reader, part: Mapping[str, str], cursor: str | None, unit: Unit) -> Found:
        return who_reacted(bot.client.news(), "like")
