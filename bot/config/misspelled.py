"""Search for misspelled settings: names in the environment that are almost those of a missing setting."""

import re
from collections.abc import Collection, Iterable
from difflib import SequenceMatcher
from functools import cache

# Names above this ratio are one slip apart, or two in a long name.
_ALIKE = 0.87
# Too many shorter names look alike and belong to other programs.
_SHORTEST = 6


def misspelt(environment: Iterable[str], settings: Collection[str]) -> dict[str, str]:
    """Return the missing setting that each misspelled name stands for. Names match in any case."""
    names = {name.upper() for name in environment}
    missing = [name for name in settings if name not in names and len(name) >= _SHORTEST]
    found = {}
    for name in sorted(names.difference(settings)):
        alike, meant = max(((_likeness(name, one), one) for one in missing), default=(0.0, ""))
        if alike >= _ALIKE:
            found[name] = meant
    return found


def _likeness(one: str, other: str) -> float:
    one, other = _plain(one), _plain(other)
    if 2 * min(len(one), len(other)) < _ALIKE * (len(one) + len(other)):
        # If one name is too short for the other, no letters can make them alike. This saves most starts most of the
        # work.
        return 0.0
    if sorted(one) == sorted(other):
        # Swapped letters count as one slip.
        return 1.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= _ALIKE else 0.0


@cache
def _plain(name: str) -> str:
    """Drop what people forget most easily: underscores, and the plural ending."""
    return re.sub(r"IES$", "Y", name.replace("_", "")).removesuffix("S")
