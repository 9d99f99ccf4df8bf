"""following: people that accounts follow."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from bot.inputs.validation import InstagramName
from bot.plans.source import Found, Reader, Source, people_of
from bot.plans.step import Unit


class Following(Source):
    """People that accounts follow."""

    kind: Literal["following"] = "following"
    words: ClassVar[str] = "people @{account} follows"
    of: list[InstagramName] = Field(min_length=1, max_length=20, description="Accounts, or links to their profiles.")

    def find(self, bot: Reader, part: Mapping[str, str], cursor: str | None, unit: Unit) -> Found:
        page = bot.client.following_page(bot.person(part["account"]).id, cursor)
        return people_of(page, limited=page.limited)
