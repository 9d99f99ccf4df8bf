"""The news of an account: people who liked and commented its posts, and who began to follow it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from sandbox.accounts import Account
from sandbox.likes import likers
from sandbox.limits import DAY
from sandbox.people import Person
from sandbox.posts import Post
from sandbox.world import World

AN_HOUR = 3_600
# Instagram names two people of a group.
NAMED = 2
MOST_LIKERS = 100


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of news, `at` epoch seconds. `kind` is `like`, `comment` or `follow`.

    `others` counts the people of a group that are not named. `post`, `comment_id` and `text` are those of a like or a
    comment.
    """

    kind: str
    at: float
    people: tuple[Person, ...]
    others: int = 0
    post: Post | None = None
    comment_id: str = ""
    text: str = ""


def news_of(world: World, account: Account) -> list[Piece]:
    """Return the news, newest first."""
    return sorted([*_of_posts(world, account), *_follows(world, account)], key=lambda piece: piece.at, reverse=True)


def _of_posts(world: World, account: Account) -> Iterator[Piece]:
    for post in world.posts.of(account.person, 0, account.person.posts):
        people = [person for person in likers(world, post, MOST_LIKERS) if person.id != account.id]
        if people:
            yield _group("like", post.taken_at + AN_HOUR, people, post)
        for comment in world.comments.of(post, 0, post.comments):
            if comment.author.id != account.id and not comment.is_gone:
                found = (comment.author,)
                yield Piece("comment", comment.created_at, found, 0, post, comment.id, comment.text)


def _follows(world: World, account: Account) -> Iterator[Piece]:
    """Yield those who follow the account since some time, those of a (UTC) day together."""
    since = sorted(world.state.followers.get(account.id, {}).items(), key=lambda one: one[1], reverse=True)
    for _, those in groupby(since, key=lambda one: one[1] // DAY):
        day = [(person, at) for one, at in those if (person := world.person(one))]
        if day:
            yield _group("follow", day[0][1], [person for person, _ in day])


def _group(kind: str, at: float, people: list[Person], post: Post | None = None) -> Piece:
    return Piece(kind, at, tuple(people[:NAMED]), max(0, len(people) - NAMED), post)
