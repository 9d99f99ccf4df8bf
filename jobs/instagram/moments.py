"""Times in Instagram's replies."""

from datetime import UTC, datetime
from typing import Any

from jobs.instagram.people import is_id


def read_moment(value: Any) -> datetime | None:
    """Return the time of epoch seconds, which may have a fraction. None if the value has another form."""
    try:
        return datetime.fromtimestamp(float(value), UTC) if is_id(value) or isinstance(value, float) else None
    except (ValueError, OverflowError, OSError):
        return None
