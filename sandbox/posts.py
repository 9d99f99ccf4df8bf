"""The posts of the sandbox and their hashtags, derived from the seed."""

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
    """One picture. `taken_at` is in epoch seconds; the caption names the hashtag it was found under, if any."""

    id: str
    owner: Person
    caption: str
    taken_at: int
    likes: int
    comments: int


def _places(tab: str, size: int) -> range:
    if tab == "clips":
        return range(1, size, CLIP_EVERY)
    return range(size) if tab == "recent" else range(0, size, max(1, size // TOP_POSTS))


class Posts:
    """The posts of all people. The id holds the owner and the place among the owner's posts."""

    def __init__(self, seed: int, people: People) -> None:
        self._seed = seed
        self._people = people

    def with_id(self, post_id: str) -> Post | None:
        if not (post_id.isascii() and post_id.isdigit() and len(post_id) < 20):
            return None
        number, place = divmod(int(post_id) - FIRST_ID, POSTS_A_PERSON)
        if not 0 <= number < self._people.count or place >= self._people.numbered(number).posts:
            return None
        return self._post(number, place)

    def of(self, owner: Person, start: int, count: int) -> list[Post]:
        """Return posts, newest first. A named account has none."""
        number = self._people.number(owner.id)
        if number is None:
            return []
        return [self._post(number, place) for place in range(start, min(start + count, owner.posts))]

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

    def _post(self, number: int, place: int, tag: str = "") -> Post:
        owner = self._people.numbered(number)
        rng = Rng(self._seed, "post", number, place)
        return Post(
            id=str(FIRST_ID + number * POSTS_A_PERSON + place),
            owner=owner,
            caption=rng.pick(CAPTIONS) + (f" #{tag}" if tag else ""),
            taken_at=NEWEST - place * 86_400 - rng.below(86_400),
            likes=int(owner.followers * 0.2 * rng.share()),
            comments=rng.below(20),
        )
