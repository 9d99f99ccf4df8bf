"""The posts of the sandbox and their hashtags, derived from the seed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.people import People, Person
from sandbox.rng import Rng

FIRST_ID = 3_000_000_000_000_000_000
POSTS_A_PERSON = 1_000
NEWEST = 1_790_000_000
PAGE = 27
TOP_POSTS = 30
# Every fourth post is a video.
CLIP_EVERY = 4
# Percentage of the posts whose likes are hidden.
HIDDEN_PERCENT = 5
WORDLESS_PERCENT = 8
# Percentage of the posts that take no comments.
CLOSED_PERCENT = 4
LIKES_A_COMMENT = 25
MOST_COMMENTS = 1_000
# Percentage of the people with more posts than this who have pinned one to three.
PINNING_PERCENT = 25
MANY_POSTS = 12
SIZES = {"coffee": 420, "travel": 790, "rarebird": 4, "nobodyhere": 0}

CAPTIONS = (
    "morning light",
    "again and again",
    "one year later",
    "found on the way home",
    "do not ask how long this took",
    "Sunday, slowly",
    "no filter ☀️",
    "with the best of people",
    "still learning",
    "shop opens at nine",
)


@dataclass(frozen=True, slots=True)
class Post:
    """One picture. `taken_at` is in epoch seconds; the caption names the hashtag it was found under, and may be empty.

    `is_pinned` says that its owner shows it before newer ones, `is_closed` that it takes no comments. With
    `hides_likes` only the owner sees how many likes there are, and whose.
    """

    id: str
    owner: Person
    caption: str
    taken_at: int
    likes: int
    comments: int
    hides_likes: bool
    is_pinned: bool
    is_closed: bool


def _places(tab: str, size: int) -> range:
    if tab == "clips":
        return range(1, size, CLIP_EVERY)
    return range(size) if tab == "recent" else range(0, size, max(1, size // TOP_POSTS))


class Posts:
    """The posts of all people and of `accounts`. The id holds the owner and the place among the owner's posts.

    Owners have a number: people theirs, accounts those below 0.
    """

    def __init__(self, seed: int, people: People, accounts: Sequence[Person] = ()) -> None:
        self._seed = seed
        self._people = people
        self._accounts = {-place: account for place, account in enumerate(accounts, 1)}
        self._numbers = {account.id: number for number, account in self._accounts.items()}

    def with_id(self, post_id: str) -> Post | None:
        if not (post_id.isascii() and post_id.isdigit() and len(post_id) < 20):
            return None
        number, place = divmod(int(post_id) - FIRST_ID, POSTS_A_PERSON)
        known = number in self._accounts or 0 <= number < self._people.count
        return self._post(number, place) if known and place < self._owner(number).posts else None

    def of(self, owner: Person, start: int, count: int) -> list[Post]:
        """Return posts: pinned ones, then the others, newest first."""
        number = self._numbers.get(owner.id, self._people.number(owner.id))
        if number is None:
            return []
        pinned = self._pinned(number)
        places = [*pinned, *(place for place in range(owner.posts) if place not in pinned)]
        return [self._post(number, place) for place in places[start : start + count]]

    def _pinned(self, number: int) -> tuple[int, ...]:
        """Return the places of a person's pinned posts, which are among the older half."""
        posts, rng = self._owner(number).posts, Rng(self._seed, "pinned", number)
        if posts <= MANY_POSTS or not rng.chance(PINNING_PERCENT):
            return ()
        older = posts // 2
        return tuple(dict.fromkeys(older + rng.below(posts - older) for _ in range(1 + rng.below(3))))

    def likers(self, post: Post, most: int) -> list[Person]:
        """Return people who like a post, each once. They follow its owner."""
        places = len(self._people.follower_numbers(post.owner))
        first = self._first_liker(post, places)
        shown = range(min(post.likes, places, most))
        return [self._people.follower_at(post.owner, (first + place) % places) for place in shown]

    def likes(self, person: Person, post: Post) -> bool:
        """Return whether a person is one of those that `likers` can return."""
        place = self._people.follower_place(person, post.owner)
        places = len(self._people.follower_numbers(post.owner))
        return place is not None and (place - self._first_liker(post, places)) % places < post.likes

    def _first_liker(self, post: Post, places: int) -> int:
        return Rng(self._seed, "likers", post.id).below(places)

    def hashtag_size(self, tag: str) -> int:
        """Return the number of a hashtag's recent posts: some hundreds for a common one, a handful for most."""
        if tag in SIZES:
            return SIZES[tag]
        return int(10 ** (0.6 + 2.3 * Rng(self._seed, "hashtag", tag).share()))

    def under_hashtag(self, tag: str, tab: str, start: int) -> tuple[list[Post], bool]:
        """Return one page from place `start` on, and whether there is more. Each tab shows some of the recent posts."""
        size = self.hashtag_size(tag)
        places = _places(tab, size)
        page = places[start : start + PAGE]
        return [self._found(tag, place) for place in page], start + PAGE < len(places)

    def _found(self, tag: str, place: int) -> Post:
        rng = Rng(self._seed, "found", tag, place)
        number = rng.below(self._people.count)
        # A person without posts is passed over for the next one who has some.
        while not (posts := self._people.numbered(number).posts):
            number = (number + 1) % self._people.count
        return self._post(number, rng.below(posts), tag)

    def _owner(self, number: int) -> Person:
        return self._accounts.get(number) or self._people.numbered(number)

    def _post(self, number: int, place: int, tag: str = "") -> Post:
        owner = self._owner(number)
        rng = Rng(self._seed, "post", number, place)
        words = rng.pick(CAPTIONS)
        said = "" if Rng(self._seed, "wordless", number, place).chance(WORDLESS_PERCENT) else words
        taken_at = NEWEST - place * 86_400 - rng.below(86_400)
        likes = int(owner.followers * 0.2 * rng.share())
        comments = rng.below(20) + likes // LIKES_A_COMMENT
        hides_likes, is_closed = rng.chance(HIDDEN_PERCENT), rng.chance(CLOSED_PERCENT)
        return Post(
            id=str(FIRST_ID + number * POSTS_A_PERSON + place),
            owner=owner,
            caption=f"{words} #{tag}" if tag else said,
            taken_at=taken_at,
            likes=likes,
            comments=0 if is_closed else min(comments, MOST_COMMENTS),
            is_closed=is_closed,
            hides_likes=hides_likes,
            is_pinned=place in self._pinned(number),
        )
