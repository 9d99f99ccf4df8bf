"""likers_of_accounts: people who like the last posts of accounts."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from bot.actions.filters import Number
from bot.inputs.validation import InstagramName
from bot.plans.posts_in_turn import PostsInTurn
from bot.plans.source import Found, Reader, Source
from bot.plans.step import Unit


class LikersOfAccounts(Source):
    """People who like the last posts of accounts; Instagram shows about 100 of each post."""

    kind: Literal["likers_of_accounts"] = "likers_of_accounts"
    words: ClassVar[str] = "likes of posts of @{account}"
    of: list[InstagramName] = Field(min_length=1, max_length=20, description="Accounts, or links to their profiles.")
    last: Number = Field(3, ge=1, le=12, description="How many of the last posts of each.")

    def find(self, bot: Reader, part: Mapping[str, str], cursor: str | None, unit: Unit) -> Found:
        """Return no people on the first page: it is for the posts."""
        if cursor:
            return PostsInTurn.read(cursor).likers(bot)
        posts = bot.client.user_posts(bot.person(part["account"]).id).posts
        # Pinned posts come first, however old they are.
        latest = [post for post in posts if not post.pinned] or posts
        return Found([], PostsInTurn.of(latest[: self.last]).cursor)
