"""The stories of the sandbox, derived from the seed and the day."""

from dataclasses import dataclass

from sandbox.people import People, Person
from sandbox.rng import Rng

FIRST_ID = 3_500_000_000_000_000_000
DAY = 86_400
STORIES_A_PERSON = 10


@dataclass(frozen=True, slots=True)
class Story:
    """One picture of a story, gone a day after `taken_at` (epoch seconds)."""

    id: str
    owner: Person
    taken_at: int

    @property
    def expires_at(self) -> int:
        return self.taken_at + DAY


class Stories:
    """The stories of all people. Two in five show one to three pictures, the same ones all (UTC) day long."""

    def __init__(self, seed: int, people: People) -> None:
        self._seed = seed
        self._people = people

    def of(self, owner: Person, now: float) -> list[Story]:
        """Return pictures, oldest first, one a second from the start of the day. A named account has none."""
        number = self._people.number(owner.id)
        today = int(now // DAY)
        rng = Rng(self._seed, "story", owner.id, today)
        if number is None or not rng.chance(40):
            return []
        first = FIRST_ID + (today * self._people.count + number) * STORIES_A_PERSON
        shown = [Story(str(first + place), owner, today * DAY + place) for place in range(1 + rng.below(3))]
        return [story for story in shown if story.taken_at <= now]

    def with_id(self, picture_id: str) -> Story | None:
        """Return a picture of any day, gone or not; None if it was never shown."""
        if not (picture_id.isascii() and picture_id.isdigit() and len(picture_id) < 20):
            return None
        today, number = divmod((int(picture_id) - FIRST_ID) // STORIES_A_PERSON, self._people.count)
        if today < 0:
            return None
        of_that_day = self.of(self._people.numbered(number), (today + 1) * DAY - 1)
        return next((story for story in of_that_day if story.id == picture_id), None)
