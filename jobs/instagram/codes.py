"""Codes that Instagram asks for at a sign-in: answered, or sent again, in another process than the one that asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from instagrapi.exceptions import ChallengeRequired, ClientError, ClientNotFoundError, LoginRequired

from bot.core.errors import BotException
from bot.storage.models.values import CodeMethod
from jobs.instagram import challenges, mailed_code, second_factor
from jobs.instagram.answers import text_of
from jobs.instagram.factory import QuietClient
from jobs.instagram.refusals import Call
from jobs.instagram.screens import says_of_code
from jobs.instagram.steps import NeedsCode, Step
from jobs.instagram.translate import json_object, translate
from jobs.instagram.wordings import plain

_AT_CODE = Call("code")
# Names of Instagram for a code that is not the right one.
_WRONG = frozenset({"sms_code_validation_code_invalid", "invalid_verification_code", "verification_code_invalid"})
_OVER = ("invalid parameters", "invalid nonce")


def submit(client: QuietClient, step: Step, code: str) -> NeedsCode | bool:
    """Answer a code. True: signed in. False: the way is free, sign in again.

    Raises INSTAGRAM_WRONG_CODE only if Instagram says that it is wrong, INSTAGRAM_CODE_EXPIRED if the question is
    over, and what else Instagram says: the same code may be right afterwards.
    """
    with _understood(client, step):
        return _ANSWERS[_known(step)](client, step, code)


def send(client: QuietClient, step: Step, method: CodeMethod) -> NeedsCode:
    """Have a code sent again, or by another way of the account."""
    with _understood(client, step):
        return _SENDERS[_known(step)](client, step, method)


def _known(step: Step) -> str:
    if step.answer in _ANSWERS:
        return step.answer
    raise BotException("INSTAGRAM_CODE_EXPIRED", delivered="no", cause="state")


@contextmanager
def _understood(client: QuietClient, step: Step) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise code_failure(error, client, step) from None


def code_failure(error: ClientError, client: QuietClient, step: Step) -> BotException:
    """Return the exception for a refusal that followed a code for `step`.

    INSTAGRAM_WRONG_CODE, INSTAGRAM_CODE_EXPIRED if Instagram begins again, else what any call would raise.
    """
    words, error_type = plain(str(error.message)), str(getattr(error, "error_type", "") or "").lower()
    name = "INSTAGRAM_WRONG_CODE" if error_type in _WRONG else None
    if said := says_of_code(words):
        name = said
    elif any(over in words for over in _OVER):
        name = "INSTAGRAM_CODE_EXPIRED"
    if name:
        return BotException(name, delivered="no")
    failure = translate(error, _AT_CODE, client.last_response)
    # Only a challenge has a path of its own. Every other one is the same for all, and a page can be of anything.
    missing = isinstance(error, ClientNotFoundError) and failure.name == "INSTAGRAM_PERSON_NOT_FOUND"
    gone = missing and step.answer == challenges.CHALLENGE and _brought_object(client)
    # The question is over if Instagram starts over.
    anew = isinstance(error, LoginRequired | ChallengeRequired) and failure.name in _BEGINS_ANEW
    return BotException("INSTAGRAM_CODE_EXPIRED", delivered="no") if gone or anew else failure


def _brought_object(client: QuietClient) -> bool:
    reply = client.last_response
    return reply is not None and json_object(text_of(reply)) is not None


_BEGINS_ANEW = ("INSTAGRAM_LOGGED_OUT", "INSTAGRAM_CHALLENGE")


def _answer_mailed(client: QuietClient, step: Step, code: str) -> NeedsCode | bool:
    return second_factor.signed_in(client, mailed_code.answer(client, step, code))


_ANSWERS: dict[str, Callable[[QuietClient, Step, str], NeedsCode | bool]] = {
    second_factor.SCREENS: second_factor.answer,
    second_factor.OLDER: second_factor.answer_older,
    mailed_code.AT_SIGN_IN: _answer_mailed,
    challenges.CHALLENGE: challenges.answer,
}
_SENDERS: dict[str, Callable[[QuietClient, Step, CodeMethod], NeedsCode]] = {
    second_factor.SCREENS: second_factor.send,
    second_factor.OLDER: second_factor.send_older,
    mailed_code.AT_SIGN_IN: lambda client, step, _: mailed_code.send(client, step),
    challenges.CHALLENGE: challenges.send,
}
