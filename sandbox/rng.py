"""Repeatable choices: the same name always gives the same draws."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Rng:
    """A row of draws that depends only on the name it was made with; good for about 500 bits."""

    def __init__(self, *name: object) -> None:
        self._bits = int.from_bytes(blake2b(repr(name).encode()).digest())

    def below(self, bound: int) -> int:
        self._bits, drawn = divmod(self._bits, bound)
        return drawn

    def chance(self, percent: int) -> bool:
        return self.below(100) < percent

    def share(self) -> float:
        """Return a number in [0, 1) in steps of 1/65536."""
        return self.below(65_536) / 65_536

    def pick(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]
