"""Values that several parts of a page ask for, read once a request."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

from flask import g

Found = TypeVar("Found")


def once_a_request(read: Callable[[], Found]) -> Callable[[], Found]:
    """Remember what the function returns until the request ends, so that no two parts of a page contradict."""
    name = f"{read.__module__}.{read.__qualname__}"

    @wraps(read)
    def remembered() -> Found:
        if name not in g:
            setattr(g, name, read())
        return cast(Found, getattr(g, name))

    return remembered
