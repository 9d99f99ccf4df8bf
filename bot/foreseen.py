"""Exceptions of libraries that mean something known: what a program says, and what is written of it."""

from redis import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import BotException

_NAMES: dict[tuple[type[Exception], ...], str] = {
    (OperationalError, InterfaceError, PoolTimeout): "DATABASE_UNAVAILABLE",
    (RedisError,): "QUEUE_UNAVAILABLE",
}


def foreseen(error: BaseException) -> BotException | None:
    """The registered failure that an exception of a library stands for, raised where that was; None for all others."""
    if isinstance(error, BotException):
        return error
    for kinds, name in _NAMES.items():
        if isinstance(error, kinds):
            failure = BotException(name).with_traceback(error.__traceback__)
            failure.__cause__ = error
            return failure
    return None
