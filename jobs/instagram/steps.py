"""A sign-in that waits for its owner: what Instagram asks for, and the state with which another process goes on."""

import json
from dataclasses import asdict, dataclass, field
from typing import Literal

from bot.core.errors import BotException
from bot.storage.models.values import CodeMethod
from jobs.instagram.factory import QuietClient, Settings, device_of

Kind = Literal["two_factor", "challenge"]
# Any of the account's ways: Instagram did not say which it has.
ANY = "your phone"
# How a step is answered that takes no code.
SIGN_IN_AGAIN, TEST = "sign_in", "session"
_SENT_TO: dict[str, str] = {
    "app": "your authenticator app",
    "backup_code": "your backup codes",
    "device": "a device on which you use the Instagram app",
    "sms": "SMS to {}",
    "whatsapp": "WhatsApp to {}",
    "email": "{}",
}


@dataclass(frozen=True)
class NeedsCode:
    """Instagram's demand for a code.

    `sent_to` is for people to read; `state` is JSON and a secret, for `verify` and `send_code`. `method` is the way
    that is asked for, None where Instagram did not say; `methods` are the ways that the account has.
    """

    kind: Kind
    sent_to: str
    state: str = field(repr=False)
    method: CodeMethod | None = None
    methods: tuple[CodeMethod, ...] = ()


@dataclass(frozen=True, repr=False)
class Step:
    """The state of an interrupted sign-in.

    `answer` says how it is answered, `token` is that of the question, `settings` are the client's. `access` is the
    word of the sign-in page, `entry` opens the question again, `nonce` asks for the approval on another device, and
    `phone` is where codes go as far as Instagram shows it.
    """

    answer: str
    token: str
    settings: Settings
    access: str = ""
    entry: str = ""
    nonce: str = ""
    phone: str = ""
    method: CodeMethod | None = None
    methods: tuple[CodeMethod, ...] = ()

    def dump(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


def load(state: str) -> Step:
    """Read a `state`. Raises INSTAGRAM_CODE_EXPIRED if it is not one of ours."""
    try:
        return Step(**json.loads(state))
    except (ValueError, TypeError):
        raise BotException("INSTAGRAM_CODE_EXPIRED", delivered="no", cause="state") from None


def needs(kind: Kind, step: Step, where: str = "") -> NeedsCode:
    """`where` is the number or the address that the code went to, as far as Instagram shows it."""
    sent_to = _SENT_TO[step.method].format(where or "your phone") if step.method else ANY
    return NeedsCode(kind, sent_to, step.dump(), step.method, tuple(step.methods))


def sign_in_again(client: QuietClient) -> Step:
    """The step of a sign-in that is made once more from the same device."""
    return Step(SIGN_IN_AGAIN, "", json.loads(device_of(client)))


class NeedsApp(BotException):
    """A step that only the app can take, with the state with which the sign-in goes on once the owner has taken it.

    INSTAGRAM_UNKNOWN_STEP if this version does not know the step.
    """

    def __init__(self, step: Step, name: str = "INSTAGRAM_CONFIRM_IN_APP", *, method: CodeMethod | None = None) -> None:
        super().__init__(name, delivered="no")
        self.step = step
        self.sent_to = _SENT_TO[method] if method else "the Instagram app"
