"""Settings that were meant and are not there: the environment holds another name that is nearly the same."""

import re
from collections.abc import Collection, Iterable
from difflib import SequenceMatcher
from functools import cache

# Names that have more in common are one slip apart, or two in a long one.
_ALIKE = 0.87
# Of shorter names too many are alike that are for other programs.
_SHORTEST = 6


def misspelt(environment: Iterable[str], settings: Collection[str]) -> dict[str, str]:
    """Name in the environment → the setting that it is taken for, which is not there itself. Names in any case."""
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
        # Whatever their letters are, one is too short for the other: this spares most starts most of the time.
        return 0.0
    if sorted(one) == sorted(other):
        # Letters that changed places are one slip.
        return 1.0
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= _ALIKE else 0.0


@cache
def _plain(name: str) -> str:
    """Without what is forgotten most easily: underscores, and the end of a plural."""
    return re.sub(r"IES$", "Y", name.replace("_", "")).removesuffix("S")
