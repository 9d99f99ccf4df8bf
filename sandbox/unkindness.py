"""Refusals of Instagram without a command: to readers in a hurry, to old apps, and silent ones."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unkindness:
    """`reads` calls that read within `seconds`, the `oldest_app` accepted, and a `quiet` share of the acts not done.

    A value of 0, or an empty one, has no effect.
    """

    reads: int = 0
    seconds: float = 0.0
    oldest_app: str = ""
    quiet: float = 0.0


KIND = Unkindness()
# These are assumptions: Instagram's numbers are not measured. A bot at a person's pace reads some hundreds of times a
# day.
UNKIND = Unkindness(reads=150, seconds=900.0, oldest_app="350.0", quiet=0.03)


def is_unkind_by_default() -> bool:
    """Return whether the environment makes a sandbox unkind."""
    return os.environ.get("SANDBOX_UNKIND") == "1"
