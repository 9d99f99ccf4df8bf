"""own_followers: people who follow the linked account."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from bot.plans.source import Found, Reader, Source, people_of
from bot.plans.step import Unit


class OwnFollowers(Source):
    """People who follow the linked account."""

    kind: Literal["own_followers"] = "own_followers"
    words: ClassVar[str] = "your followers"

    def find(self, bot: Reader, part: Mapping[str, str], cursor: str | None, unit: Unit) -> Found:
        page = bot.client.followers_page(bot.client.own_id, cursor)
        return people_of(page, limited=page.limited)
