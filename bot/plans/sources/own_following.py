"""own_following: people that the linked account follows."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from bot.plans.source import Found, Reader, Source, people_of
from bot.plans.step import Unit


class OwnFollowing(Source):
    """People that the linked account follows."""

    kind: Literal["own_following"] = "own_following"
    words: ClassVar[str] = "people you follow"

    def find(self, bot: Reader, part: Mapping[str, str], cursor: str | None, unit: Unit) -> Found:
        return people_of(bot.client.following_page(bot.client.own_id, cursor))
