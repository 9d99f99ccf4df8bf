"""Searches that go from post to post: the posts that wait, and the people who like the first of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.errors import BotException
from bot.plans.source import Found, Post, Reader, people_of


@dataclass(frozen=True)
class PostsInTurn:
    """The ids of posts that wait, and the page of posts that comes after them; None at the end."""

    ids: list[str]
    page: str | None = None

    @classmethod
    def read(cls, cursor: str) -> "PostsInTurn":
        ids, page = json.loads(cursor)
        return cls(ids, page)

    @classmethod
    def of(cls, posts: Sequence[Post], page: str | None = None) -> "PostsInTurn":
        """Return the posts by their numbers alone: a cursor has little room."""
        return cls([post.id.partition("_")[0] for post in posts], page)

    @property
    def cursor(self) -> str | None:
        """Return the cursor of a search that goes on here; None if there is nothing left."""
        return json.dumps([self.ids, self.page]) if self.ids or self.page else None

    def likers(self, bot: Reader) -> Found:
        """Return the people who like the first post, with one request. A post that is gone or private has none."""
        rest = PostsInTurn(self.ids[1:], self.page).cursor
        try:
            page = bot.client.likers(self.ids[0])
        except BotException as error:
            if error.name not in ("INSTAGRAM_POST_NOT_FOUND", "INSTAGRAM_PERSON_PRIVATE"):
                raise
            return Found([], rest)
        # A part of those who like one post says nothing of the search as a whole.
        return Found(people_of(page).candidates, rest)
