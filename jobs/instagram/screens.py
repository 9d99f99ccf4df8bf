"""Bloks screens of a sign-in: where they lead and what they say. Nothing of them is kept but names of the protocol."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.storage.models.values import CodeMethod
from jobs.instagram import wordings
from jobs.instagram.people import Reply, as_object

# Names of apps and of steps: what the protocol itself is written in, so they say nothing of the person.
_MARKER = re.compile(r"\bcom\.bloks\.[a-z0-9_.]+[a-z0-9_]|\bCAA_[A-Z_]+:[a-z_]+", re.ASCII)
_MAX_MARKERS = 10
_OPENS_A_DIALOG = "bk.action.dialog."

# Only the owner can answer these, in Instagram's own app.
_IN_APP = re.compile(r"two_step_verification|checkpoint|challenge|ufac|selfie|identity|trusted_notification")
# Instagram leads to the recovery of the account, or lets choose another one, in place of letting in.
_DISTRUSTS = re.compile(r"caa\.ar\.|recovery|account_list|\.aymh|find_account")

_AFTER_PASSWORD = (
    (wordings.OUTDATED, "INSTAGRAM_CLIENT_OUTDATED"),
    (wordings.ADDRESS_REFUSED, "INSTAGRAM_ADDRESS_BLOCKED"),
    (wordings.PASSWORD_WRONG, "INSTAGRAM_WRONG_PASSWORD"),
    (wordings.NOBODY, "INSTAGRAM_UNKNOWN_USER"),
    (wordings.ACCOUNT_OVER, "INSTAGRAM_SUSPENDED"),
    (wordings.PASSWORD_TO_RESET, "INSTAGRAM_NEW_PASSWORD_NEEDED"),
    (wordings.FEW_MINUTES, "INSTAGRAM_SIGN_IN_LATER"),
    (wordings.TRY_LATER, "INSTAGRAM_SIGN_IN_LATER"),
)
# The present sign-in says so before "try again later".
_AFTER_CODE = (
    (wordings.CODE_EXPIRED, "INSTAGRAM_CODE_EXPIRED"),
    (wordings.FEW_MINUTES, "INSTAGRAM_SIGN_IN_LATER"),
    (wordings.CODE_WRONG, "INSTAGRAM_WRONG_CODE"),
    (wordings.TRY_LATER, "INSTAGRAM_SIGN_IN_LATER"),
)

# How Instagram names the ways of a second factor, and how we do.
METHODS: dict[str, CodeMethod] = {
    "totp": "app",
    "sms": "sms",
    "whatsapp": "whatsapp",
    "backup_codes": "backup_code",
    "trusted_notification": "device",
}
_METHOD = re.compile(rf'"({"|".join(METHODS)})"')


@dataclass(frozen=True)
class Screen:
    """A screen. `reply` holds contexts, which are secrets."""

    reply: Reply = field(repr=False)

    @cached_property
    def _payload(self) -> Reply:
        payload = as_object(as_object(self.reply.get("layout")).get("bloks_payload"))
        return {key: payload.get(key) for key in ("action", "data")}

    @cached_property
    def _program(self) -> str:
        """The program of the screen, without its layout, which is most of it and names all kinds of things."""
        return "\n".join(texts_of(self._payload))

    @cached_property
    def words(self) -> str:
        """The words of the program. The layout also holds texts of errors that did not happen."""
        return wordings.plain(self._program)

    @cached_property
    def markers(self) -> list[str]:
        """The names of the apps and steps that the screen leads to, each once."""
        return list(dict.fromkeys(_MARKER.findall(self._program)))[:_MAX_MARKERS]

    @property
    def is_blank(self) -> bool:
        return not self.markers and _OPENS_A_DIALOG not in self._program

    def leads_to(self, pattern: re.Pattern[str]) -> bool:
        return any(pattern.search(marker) for marker in self.markers)

    def offered(self) -> tuple[list[CodeMethod], CodeMethod | None]:
        """The ways of a second factor in the order of the screen, and the one that is chosen already if one is."""
        names = list(dict.fromkeys(_METHOD.findall(json.dumps(self._payload).replace('\\"', '"'))))
        chosen = next((node.get("initial") for node in self._nodes() if node.get("key") == "selected_method"), None)
        return [METHODS[name] for name in names], METHODS.get(str(chosen))

    def _nodes(self) -> Iterator[Reply]:
        data = self._payload["data"]
        return (as_object(as_object(node).get("data")) for node in (data if isinstance(data, list) else ()))


def after_password(screen: Screen) -> BotException:
    """Return the meaning of a screen that came after the password instead of a session."""
    if name := _said(_AFTER_PASSWORD, screen.words):
        return BotException(name, delivered="no")
    if screen.leads_to(_DISTRUSTS):
        return BotException("INSTAGRAM_SIGN_IN_DISTRUSTED", delivered="no")
    if screen.leads_to(_IN_APP):
        return BotException("INSTAGRAM_CONFIRM_IN_APP", delivered="no")
    return _unknown(screen, "INSTAGRAM_SIGN_IN_CHANGED" if screen.is_blank else "INSTAGRAM_UNKNOWN_STEP")


def after_code(screen: Screen) -> BotException:
    """Return the meaning of a screen after a code. The code is wrong only if Instagram says so."""
    if name := _said(_AFTER_CODE, screen.words):
        return BotException(name, delivered="no")
    if screen.leads_to(_IN_APP):
        return BotException("INSTAGRAM_CONFIRM_IN_APP", delivered="no")
    return _unknown(screen, "INSTAGRAM_UNKNOWN_STEP")


def says_of_code(words: str) -> str | None:
    """The name for a code that is refused in words; None where they say nothing of it."""
    name = _said(_AFTER_CODE, words)
    return name if name in ("INSTAGRAM_CODE_EXPIRED", "INSTAGRAM_WRONG_CODE") else None


def _said(phrases: Sequence[tuple[re.Pattern[str], str]], words: str) -> str | None:
    return next((name for phrase, name in phrases if phrase.search(words)), None)


def unknown_step(name: str, markers: list[str]) -> None:
    """Note a step that this version does not know, so that an administrator can tell what is new."""
    get_logger().warning("instagram_unknown_step", name=name, markers=markers)


def _unknown(screen: Screen, name: str) -> BotException:
    unknown_step(name, screen.markers)
    return BotException(name, delivered="no", markers=screen.markers)


def texts_of(value: Any) -> Iterator[str]:
    """Every text in a structure of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts_of(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts_of(part)
