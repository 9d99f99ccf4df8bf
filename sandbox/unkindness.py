"""How Instagram says no of itself: to readers in a hurry, to old apps, and quietly."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unkindness:
    """`reads` calls that read within `seconds`, an `oldest_app` that is taken, a `quiet` share of the acts not done.

    What is 0 or empty holds nobody back.
    """

    reads: int = 0
    seconds: float = 0.0
    oldest_app: str = ""
    quiet: float = 0.0


KIND = Unkindness()
# Assumptions: nobody has measured Instagram's own. A bot at a person's pace reads some hundreds of times a day.
UNKIND = Unkindness(reads=150, seconds=900.0, oldest_app="350.0", quiet=0.03)
