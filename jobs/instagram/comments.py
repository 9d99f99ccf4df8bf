"""Comments of a post as plain values, and reading them from Instagram's replies."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.core.errors import BotException
from jobs.instagram.moments import read_moment
from jobs.instagram.people import PersonRef, Reply, is_id, read_refs


@dataclass(frozen=True)
class Comment:
    """A comment. `at` is in UTC, None if Instagram does not tell it."""

    id: str
    author: PersonRef
    text: str
    at: datetime | None


@dataclass(frozen=True)
class CommentsPage:
    """One page of comments, in Instagram's order, which is not that of time. `cursor` leads to the next page.

    `limited` says that Instagram counts more comments and does not lead to them.
    """

    comments: list[Comment]
    cursor: str | None
    limited: bool = False

    @property
    def people(self) -> list[PersonRef]:
        """Return the authors, each once."""
        return list(dict.fromkeys(comment.author for comment in self.comments))


def comments_params(cursor: str | None) -> Reply:
    """Return the parameters for a page of comments."""
    params = {"can_support_threading": "true", "permalink_enabled": "false"}
    return params | ({"min_id": _read_cursor(cursor)[1]} if cursor else {})


def read_comments(reply: Reply, cursor: str | None) -> CommentsPage:
    """Return one page of comments without unreadable ones. `cursor` is that of the page.

    Instagram may lead in circles, so a cursor also counts the comments that were shown until then. There is no next
    page when they are as many as the post has. Raises INSTAGRAM_UNREADABLE if there is no list: that does not show that
    there are no comments.
    """
    rows, next_id, count = reply["comments"], reply.get("next_min_id"), reply.get("comment_count")
    if not isinstance(rows, list):
        raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no comments")
    shown, asked = _read_cursor(cursor) if cursor else (0, None)
    shown += len(rows)
    more = True in [reply.get(name) is True for name in ("has_more_headload_comments", "has_more_comments")]
    has_all = is_id(count) and shown >= int(str(count))
    goes_on = more and bool(next_id) and bool(rows) and not has_all and str(next_id) != asked
    return CommentsPage(
        list({comment.id: comment for row in rows if (comment := _comment(row))}.values()),
        json.dumps([shown, str(next_id)]) if goes_on else None,
        limited=not goes_on and not has_all and (more or not (cursor or rows)),
    )


def _read_cursor(cursor: str) -> tuple[int, str]:
    shown, next_id = json.loads(cursor)
    return int(shown), str(next_id)


def _comment(row: Any) -> Comment | None:
    """Return None if the row lacks what every comment has, or has it in another form."""
    if not isinstance(row, dict):
        return None
    number, authors, text = row.get("pk"), read_refs([row.get("user")]), row.get("text")
    if not authors or not is_id(number):
        return None
    at = read_moment(row.get("created_at_utc"))
    return Comment(str(number), authors[0], text if isinstance(text, str) else "", at)
