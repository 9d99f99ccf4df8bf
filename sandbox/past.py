"""What was so before each recent change, for replies that lag behind."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

# By so many seconds a reply may lag behind what the account itself did.
LAG = 60.0

Value = TypeVar("Value")


@dataclass(slots=True)
class Past:
    """For each thing that changed: when, and what was so until then, oldest first. `LAG` seconds are enough."""

    _changes: dict[tuple[str, ...], list[tuple[float, Any]]] = field(default_factory=dict)

    def keep(self, thing: tuple[str, ...], at: float, was: object) -> None:
        """`thing` changes now, at `at`, and `was` so until then."""
        recent = [change for change in self._changes.get(thing, ()) if change[0] > at - LAG]
        self._changes[thing] = [*recent, (at, was)]

    def of(self, thing: tuple[str, ...], moment: float, present: Value) -> Value:
        """How the thing was at a moment within the last `LAG` seconds; it is `present` now."""
        value: Value = next((was for at, was in self._changes.get(thing, ()) if at > moment), present)
        return value
