"""Calls that are refused, and many calls at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from bot.core.errors import BotException


def refused(call: Callable[..., Any], *arguments: Any, **options: Any) -> str:
    """Return the name of the failure that the call has to end in."""
    with pytest.raises(BotException) as refusal:
        call(*arguments, **options)
    return refusal.value.name


def side_by_side(app: Flask, many: int, call: Callable[[int], Any]) -> list[str]:
    """Make calls at the same time, each with its number. Return for each `passed`, or the name of its failure."""

    def one(number: int) -> str:
        with app.app_context():
            try:
                call(number)
            except BotException as refusal:
                return refusal.name
            return "passed"

    with ThreadPoolExecutor(10) as pool:
        return list(pool.map(one, range(many)))
