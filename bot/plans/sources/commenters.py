"""commenters: people who commented on posts."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from bot.inputs.post_addresses import PostCode
from bot.plans.source import Found, Reader, Source, people_of
from bot.plans.step import Unit


class Commenters(Source):
    """People who commented on posts."""

    kind: Literal["commenters"] = "commenters"
    words: ClassVar[str] = "comments on post {post}"
    posts: list[PostCode] = Field(min_length=1, max_length=20, description="Links to posts.")

    def find(self, bot: Reader, part: Mapping[str, str], cursor: str | None, unit: Unit) -> Found:
        page = bot.client.comments_page(bot.client.post_id_of(part["post"]), cursor)
        return people_of(page, limited=page.limited)
