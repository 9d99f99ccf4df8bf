"""The state before each recent change, for replies that lag behind."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

# Most seconds by which a reply may lag behind what the account itself did.
LAG = 60.0

Value = TypeVar("Value")


@dataclass(slots=True)
class History:
    """The earlier states of each thing that changed, with their ends, oldest first. They are kept for `LAG` seconds."""

    _changes: dict[tuple[str, ...], list[tuple[float, Any]]] = field(default_factory=dict)

    def keep(self, thing: tuple[str, ...], at: float, was: object) -> None:
        """Store that `thing` changes now, at `at`, and `was` so until then."""
        recent = [change for change in self._changes.get(thing, ()) if change[0] > at - LAG]
        self._changes[thing] = [*recent, (at, was)]

    def of(self, thing: tuple[str, ...], moment: float, present: Value) -> Value:
        """Return the state of a thing at a moment within the last `LAG` seconds. It is `present` now."""
        value: Value = next((was for at, was in self._changes.get(thing, ()) if at > moment), present)
        return value
