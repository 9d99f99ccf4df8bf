"""Exceptions of libraries that mean something known: what a program says, and what is written of it."""

from redis import RedisError

from bot.core.database_faults import database_fault
from bot.core.errors import BotException


def foreseen(error: BaseException) -> BotException | None:
    """The registered failure that an exception of a library stands for, raised where that was; None for all others."""
    if isinstance(error, BotException):
        return error
    name = "QUEUE_UNAVAILABLE" if isinstance(error, RedisError) else database_fault(error)
    if name is None:
        return None
    failure = BotException(name).with_traceback(error.__traceback__)
    failure.__cause__ = error
    return failure
