"""Counting of replies that were not understood, for the admin."""

from sqlalchemy.exc import SQLAlchemyError

from bot.automation.unknown_replies import UnknownReply, note_unknown_reply
from bot.core.errors import BotException
from bot.history.activity import log_error
from jobs.instagram import CLIENT_VERSION
from jobs.instagram.answers import UNKNOWN, Answered
from jobs.instagram.shapes import masked_name, masked_path, shape_of, words_of_people

# Enough to tell replies apart. Most of the long ones are lists of posts.
MAX_PLACES = 80


def count_unknown(answered: Answered, failure: BotException | None) -> None:
    """Observe a reply: count its shape if the failure says that it was not understood. Commits.

    The call goes on if the shape cannot be stored.
    """
    if failure is None or failure.name not in UNKNOWN:
        return
    shape = shape_of(answered.body, set(words_of_people(answered.body)), MAX_PLACES)
    if markers := failure.meta.get("markers"):
        shape["(steps)"] = "|".join(masked_name(marker) for marker in markers)
    reply = UnknownReply(
        path=masked_path(answered.path)[:200],
        http_status=answered.status,
        error_code=failure.code,
        client=CLIENT_VERSION,
        shape=shape,
    )
    try:
        note_unknown_reply(reply)
    except SQLAlchemyError as error:
        log_error(error, action="count_unknown")
