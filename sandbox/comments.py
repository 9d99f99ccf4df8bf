"""The comments under the posts of the sandbox, derived from the seed."""

from dataclasses import dataclass

from sandbox.people import People, Person
from sandbox.posts import FIRST_ID as FIRST_POST
from sandbox.posts import MOST_COMMENTS, Post
from sandbox.rng import Rng

FIRST_ID = 17_800_000_000_000_000
DAY = 86_400
# Percentage of the comments that are the owner's own, and of those whose author's account is gone.
OWN_PERCENT = 6
GONE_PERCENT = 3

TEXTS = (
    "love this",
    "😍😍",
    "where is this?",
    "so good",
    "how much is it?",
    "what a view 🏔",
    "see you on Sunday",
    "again, please",
    "@somebody look",
    "🔥",
)


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment. `created_at` is in epoch seconds; `is_gone` says that its author's account is."""

    id: str
    author: Person
    text: str
    created_at: int
    is_gone: bool


class Comments:
    """The comments of all posts. Their authors are followers of the owner, some of them more than once."""

    def __init__(self, seed: int, people: People) -> None:
        self._seed = seed
        self._people = people

    def of(self, post: Post, start: int, count: int) -> list[Comment]:
        """Return comments, those that Instagram ranks highest first."""
        return [self._comment(post, place) for place in range(start, min(start + count, post.comments))]

    def _comment(self, post: Post, place: int) -> Comment:
        rng = Rng(self._seed, "comment", post.id, place)
        is_own = rng.chance(OWN_PERCENT)
        return Comment(
            id=str(FIRST_ID + (int(post.id) - FIRST_POST) * MOST_COMMENTS + place),
            author=post.owner if is_own else self._commenter(post, rng),
            text=rng.pick(TEXTS),
            created_at=post.taken_at + rng.below(3 * DAY),
            is_gone=not is_own and rng.chance(GONE_PERCENT),
        )

    def _commenter(self, post: Post, rng: Rng) -> Person:
        places = len(self._people.follower_numbers(post.owner))
        first = Rng(self._seed, "commenters", post.id).below(places)
        return self._people.follower_at(post.owner, (first + rng.below(1 + post.comments * 2 // 3)) % places)
