"""InstagramAuth: sign in to an account, answer its code, test its session."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from instagrapi.exceptions import ChallengeError, ClientError, TwoFactorRequired

from bot.core.errors import BotException
from jobs.instagram import codes
from jobs.instagram.app_version import refuses_own_version, with_own_app
from jobs.instagram.codes import NeedsCode
from jobs.instagram.endpoint import Endpoint
from jobs.instagram.factory import (
    CodeNeeded,
    QuietClient,
    Settings,
    client_for,
    device_of,
    device_settings,
    session_of,
    session_settings,
)
from jobs.instagram.people import Reply
from jobs.instagram.refusals import Call
from jobs.instagram.translate import bot_exceptions_only, translate

T = TypeVar("T")


@dataclass(frozen=True)
class Linked:
    """A sign-in that worked. `session` is JSON and a secret."""

    session: str = field(repr=False)
    instagram_id: str
    username: str


class InstagramAuth:
    """The sign-in to one account. Every method raises only BotException and ends within `timeout` seconds.

    After `login` or `verify`, successful or not, `device` is the device that Instagram saw (JSON, a secret). Keep it
    and give it to the next `login`: an account that was confirmed in the app must see the device that was confirmed.
    """

    def __init__(self, endpoint: Endpoint, *, timeout: float = 20.0) -> None:
        self._endpoint = endpoint
        self._timeout = timeout
        self.device: str | None = None

    @bot_exceptions_only
    def login(self, username: str, password: str, device: str | None = None) -> Linked | NeedsCode:
        """Submit the password. `device` is an earlier session or device of this account.

        Raises INSTAGRAM_WRONG_PASSWORD, INSTAGRAM_UNKNOWN_USER, INSTAGRAM_CONFIRM_IN_APP and what any call can.
        Instagram sees a wrong password twice: the present sign-in refuses without a reason, and the older one, asked
        next, gives it.
        """
        return self._attempt(with_own_app(device_settings(device)), lambda client: _sign_in(client, username, password))

    @bot_exceptions_only
    def verify(self, username: str, password: str, state: str, code: str) -> Linked | NeedsCode:
        """Answer the code that `state` waits for. An account can ask for a second code after the first.

        Raises INSTAGRAM_WRONG_CODE (the same state may be tried again), INSTAGRAM_CODE_EXPIRED (it may not) and what
        `login` raises.
        """
        step = codes.load(state)

        def answer(client: QuietClient) -> Linked | NeedsCode:
            if step.answer == codes.WHOLE_SIGN_IN:
                return _sign_in_with_code(client, username, password, code)
            if codes.submit(client, step, code):
                client.login_flow()
                return _linked(client, username)
            return _sign_in(client, username, password)

        return self._attempt(step.settings, answer)

    @bot_exceptions_only
    def test_connection(self, session: str) -> str:
        """Ask Instagram for the own account, in one request. Return the session as it is afterwards, to be stored."""
        with client_for(self._endpoint, session_settings(session), self._timeout) as client:
            reply = _own_account(client)
            if str(reply["user"]["pk"]) != str(client.user_id):
                raise BotException("INSTAGRAM_LOGGED_OUT", delivered="no", cause="another account")
            return session_of(client)

    def _attempt(self, settings: Settings, work: Callable[[QuietClient], T]) -> T:
        with client_for(self._endpoint, settings, self._timeout) as client:
            try:
                return work(client)
            except Exception as error:
                failure = translate(error, Call("sign_in"), client.last_response)
            finally:
                self.device = device_of(client)
        if failure.name == "INSTAGRAM_CHALLENGE":
            raise BotException("INSTAGRAM_CONFIRM_IN_APP", **failure.meta)
        raise failure


def _own_account(client: QuietClient) -> Reply:
    """Ask once more with the client's own app if Instagram refuses the older one of the session."""
    for _ in range(2):
        try:
            reply: Reply = client.private_request("accounts/current_user/?edit=true")
            return reply
        except Exception as error:
            failure = translate(error, Call("read"), client.last_response)
        if refuses_own_version(client, failure) or failure.name != "INSTAGRAM_CLIENT_OUTDATED":
            break
    raise failure


def _sign_in(client: QuietClient, username: str, password: str) -> Linked | NeedsCode:
    try:
        client.login(username, password)
    except (CodeNeeded, TwoFactorRequired, ChallengeError) as error:
        stopped = error
    else:
        return _linked(client, username)
    if isinstance(stopped, TwoFactorRequired):
        return codes.ask_two_factor(client, getattr(stopped, "two_step_verification_context", ""))
    if isinstance(stopped, CodeNeeded):
        return codes.ask_at_sign_in(client)
    return codes.ask_challenge(client)


def _sign_in_with_code(client: QuietClient, username: str, password: str, code: str) -> Linked:
    try:
        client.login(username, password, verification_code=code)
    except TwoFactorRequired:
        raise BotException("INSTAGRAM_WRONG_CODE", delivered="no") from None
    except ClientError as error:
        raise codes.code_failure(error) from None
    return _linked(client, username)


def _linked(client: QuietClient, username: str) -> Linked:
    if not client.user_id:
        raise BotException("INSTAGRAM_REFUSED", delivered="maybe", cause="no session")
    return Linked(session_of(client), str(client.user_id), username.strip())
