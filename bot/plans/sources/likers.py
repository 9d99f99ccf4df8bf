"""likers: people who like posts."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from bot.inputs.post_addresses import PostCode
from bot.plans.source import Found, Reader, Source, people_of
from bot.plans.step import Unit


class Likers(Source):
    """People who like posts; Instagram shows about 100 of each."""

    kind: Literal["likers"] = "likers"
    words: ClassVar[str] = "likes of post {post}"
    posts: list[PostCode] = Field(min_length=1, max_length=20, description="Links to posts.")

    def find(self, bot: Reader, part: Mapping[str, str], cursor: str | None, unit: Unit) -> Found:
        page = bot.client.likers(bot.client.post_id_of(part["post"]))
        return people_of(page, limited=page.limited)
