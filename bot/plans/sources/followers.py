"""followers: people who follow accounts."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from bot.inputs.validation import InstagramName
from bot.plans.source import Found, Reader, Source, people_of
from bot.plans.step import Unit


class Followers(Source):
    """People who follow accounts."""

    kind: Literal["followers"] = "followers"
    words: ClassVar[str] = "followers of @{account}"
    of: list[InstagramName] = Field(min_length=1, max_length=20, description="Accounts, or links to their profiles.")

    def find(self, bot: Reader, part: Mapping[str, str], cursor: str | None, unit: Unit) -> Found:
        page = bot.client.followers_page(bot.person(part["account"]).id, cursor)
        return people_of(page, limited=page.limited)
