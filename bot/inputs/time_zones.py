"""Reading of time zones: real places and offsets, never a name for the server's own zone."""

from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

# The database's own name for "not set up".
_NO_PLACE = "Factory"


@cache
def known_zones() -> dict[str, str]:
    """Return the names of the time zone database by their case-folded form.

    The system's directory holds more names: `localtime` means the server's own zone, and `right/…` counts leap seconds.
    """
    names = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return {name.casefold(): name for name in names if name != _NO_PLACE}


def read_zone(text: str) -> str:
    """Return the name of the typed zone, in any case and with spaces for underscores. Raises ValueError."""
    name = known_zones().get("_".join(text.split()).casefold())
    if name is None:
        raise ValueError("This time zone is not known. Type one like Europe/Berlin")
    return name


TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(read_zone)]
