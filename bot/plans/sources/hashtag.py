"""hashtag: posts under hashtags, or the people who posted them."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from bot.actions.targets import Candidate
from bot.inputs.hashtags import Hashtag as Tag
from bot.plans.source import Found, Post, Reader, Source, people_of
from bot.plans.step import Unit
from bot.storage.models.values import HashtagTab


class Hashtag(Source):
    """Posts under hashtags, or the people who posted them."""

    kind: Literal["hashtag"] = "hashtag"
    words: ClassVar[str] = "#{hashtag}"
    tags: list[Tag] = Field(min_length=1, max_length=20, description="Hashtags, or links to their pages.")
    tab: HashtagTab = Field("recent", description="The most popular posts, the newest, or reels (`clips`).")
    gives: ClassVar[Unit] = "post"

    def find(self, bot: Reader, part: Mapping[str, str], cursor: str | None, unit: Unit) -> Found:
        tag = part["hashtag"]
        if unit == "person":
            return people_of(bot.client.hashtag_page(tag, cursor, tab=self.tab))
        page = bot.client.hashtag_posts(tag, tab=self.tab, cursor=cursor)
        return Found([_candidate(post) for post in page.posts], page.cursor)


def _candidate(post: Post) -> Candidate:
    return Candidate(post.code, post.author.username, post.id, "already_liked" if post.liked else None)
