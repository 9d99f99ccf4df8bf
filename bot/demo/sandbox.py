"""The offers of the sandbox to the demo: accounts to connect, and people who answer."""

from typing import TypeVar

import requests
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from bot.config.runtime import now, runtime
from bot.core.errors import BotException, invalid
from bot.decision.snapshot import load, verification_of
from bot.storage.tenancy import tenant

Shape = TypeVar("Shape")

ASK_SECONDS = 5
# Enough for a first action, and few enough for one look.
ANSWERING = 6


class _FromSandbox(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class SandboxAccount(_FromSandbox):
    """An account of the sandbox. `does` is one line about it, `code` answers its questions, None if it asks none."""

    username: str
    password: str
    behaviour: str
    does: str
    code: str | None = None


class AnsweringPerson(_FromSandbox):
    """A person of the sandbox who answers a message with `reply`, `after` seconds."""

    username: str
    full_name: str
    reply: str
    after: float


_ACCOUNTS = TypeAdapter(list[SandboxAccount])
_PEOPLE = TypeAdapter(list[AnsweringPerson])
_DONE = TypeAdapter(dict[str, str])


def accounts() -> list[SandboxAccount]:
    """Return every account of the sandbox. Raises the errors of `_asked`."""
    return _asked("/accounts", _ACCOUNTS)


def account(username: str) -> SandboxAccount:
    """Return the account of that name. Raises INVALID_INPUT if there is none, and the errors of `_asked`."""
    found = next((one for one in accounts() if one.username == username), None)
    if found is None:
        raise invalid("account", "The sandbox has no such account. Choose one of the list.")
    return found


def code_of(username: str | None) -> str | None:
    """Return the code that an account of the sandbox takes. None if there is none, or no sandbox that answers."""
    try:
        return next((one.code for one in accounts() if one.username == username), None)
    except BotException:
        return None


def answering_people() -> list[AnsweringPerson]:
    """Return people who answer a message within a minute. Raises the errors of `_asked`."""
    return _asked(f"/people?count={ANSWERING}&within=60", _PEOPLE)


def confirm_in_app(user_id: str) -> None:
    """Confirm in the app of the user's account that it was them, as a phone would. Then the connection can be tested.

    Raises NO_CODE_EXPECTED if Instagram does not wait for that, and the errors of `_asked`.
    """
    with tenant(user_id, reading=True) as session:
        bot = load(session, now()).bot
    waiting = verification_of(bot, now())
    if bot.session_valid or waiting is None or waiting.kind != "app":
        raise BotException("NO_CODE_EXPECTED", "Instagram does not wait for a confirmation in its app.")
    _asked("/challenges/confirm", _DONE, {"account": bot.instagram_username})


def _asked(path: str, shape: TypeAdapter[Shape], told: dict[str, str | None] | None = None) -> Shape:
    """Raises NOT_FOUND without a sandbox, INSTAGRAM_UNREACHABLE if it does not answer as expected. `told` is posted."""
    config = runtime().config
    if not config.instagram_sandbox:
        raise BotException("NOT_FOUND")
    url, method = f"http://127.0.0.1:{config.sandbox_port}{path}", "GET" if told is None else "POST"
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, url, json=told, timeout=ASK_SECONDS)
            answer.raise_for_status()
        return shape.validate_json(answer.content)
    except (requests.RequestException, ValidationError):
        raise BotException("INSTAGRAM_UNREACHABLE", "The sandbox does not answer.", delivered="no") from None
