"""Translation of known library exceptions into registered failures."""

from redis import RedisError

from bot.core.database_faults import database_fault
from bot.core.errors import BotException


def foreseen(error: BaseException) -> BotException | None:
    """Return the registered failure that a library's exception stands for, with its traceback. None if it is
    unforeseen.
    """
    if isinstance(error, BotException):
        return error
    name = "QUEUE_UNAVAILABLE" if isinstance(error, RedisError) else database_fault(error)
    if name is None:
        return None
    failure = BotException(name).with_traceback(error.__traceback__)
    failure.__cause__ = error
    return failure
