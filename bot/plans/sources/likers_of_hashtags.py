"""likers_of_hashtags: people who like posts under hashtags."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from bot.inputs.hashtags import Hashtag
from bot.plans.posts_in_turn import PostsInTurn
from bot.plans.source import Found, Reader, Source
from bot.plans.step import Unit
from bot.storage.models.values import HashtagTab


class LikersOfHashtags(Source):
    """People who like posts under hashtags; Instagram shows about 100 of each post."""

    kind: Literal["likers_of_hashtags"] = "likers_of_hashtags"
    words: ClassVar[str] = "likes of #{hashtag}"
    tags: list[Hashtag] = Field(min_length=1, max_length=20, description="Hashtags, or links to their pages.")
    tab: HashtagTab = Field("recent", description="The most popular posts, the newest, or reels (`clips`).")

    def find(self, bot: Reader, part: Mapping[str, str], cursor: str | None, unit: Unit) -> Found:
        """Return no people on a page of posts. The pages of those who like them come after it."""
        waiting = PostsInTurn.read(cursor) if cursor else PostsInTurn([])
        if waiting.ids:
            return waiting.likers(bot)
        page = bot.client.hashtag_posts(part["hashtag"], tab=self.tab, cursor=waiting.page)
        return Found([], PostsInTurn.of(page.posts, page.cursor).cursor)
