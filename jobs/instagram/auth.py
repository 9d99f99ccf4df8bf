"""InstagramAuth: sign in to an account, answer its code, test its session."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from instagrapi.exceptions import ChallengeError, ClientError, TwoFactorRequired

from bot.core.errors import BotException
from bot.storage.models.values import CodeMethod
from jobs.instagram import challenges, codes, mailed_code, second_factor, steps
from jobs.instagram.answers import Observer, answered_by, unobserved
from jobs.instagram.app_version import refuses_own_version, with_own_app
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
    settings_of,
    with_place,
)
from jobs.instagram.refusals import Call
from jobs.instagram.screens import Screen, after_password
from jobs.instagram.steps import TEST, NeedsApp, NeedsCode, Step, sign_in_again
from jobs.instagram.translate import bot_exceptions_only, translate

T = TypeVar("T")
_AT_SIGN_IN = Call("sign_in")
# The owner of the account settles these in Instagram's app, and the session is good afterwards.
_CONFIRMED_IN_APP = ("INSTAGRAM_CHALLENGE", "INSTAGRAM_CONFIRM_IN_APP")


@dataclass(frozen=True)
class Linked:
    """A sign-in that worked. `session` is JSON and a secret.

    `trouble` is what Instagram said to the first page after it, if it refused that. The session is good all the same.
    """

    session: str = field(repr=False)
    instagram_id: str
    username: str
    trouble: BotException | None = None


class InstagramAuth:
    """The sign-in to one account. Every method raises only BotException and ends within `timeout` seconds.

    After each of them, successful or not, `device` is the device that Instagram saw (JSON, a secret). Keep it and give
    it to the next `login`: one account has one device. After NeedsApp `resume` goes on from the `step` of it.
    `place` is where the account's phone is, as for `with_place`. `observe` sees the reply of each failure, and of the
    first page that is refused after a sign-in.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        timeout: float = 20.0,
        place: Settings | None = None,
        observe: Observer = unobserved,
    ) -> None:
        self._endpoint = endpoint
        self._place = place
        self._observe = observe
        self._timeout = timeout
        self.device: str | None = None

    def new_device(self, hardware: Settings | None = None) -> str:
        """Make up a device for an account that has none, with that hardware or the client's. Sends nothing."""
        settings = with_own_app({"device_settings": hardware}) if hardware else {}
        with client_for(self._endpoint, with_place(settings, self._place), self._timeout) as client:
            return device_of(client)

    @bot_exceptions_only
    def login(self, username: str, password: str, device: str | None = None) -> Linked | NeedsCode:
        """Submit the password. `device` is an earlier session or device of this account.

        Raises INSTAGRAM_WRONG_PASSWORD, INSTAGRAM_UNKNOWN_USER, INSTAGRAM_SIGN_IN_DISTRUSTED, NeedsApp and what any
        call can. Instagram sees a wrong password twice: the present sign-in refuses without a reason, and the older
        one, asked next, gives it.
        """
        return self._attempt(with_own_app(device_settings(device)), lambda client: _sign_in(client, username, password))

    @bot_exceptions_only
    def verify(self, username: str, password: str, state: str, code: str) -> Linked | NeedsCode:
        """Answer the code that `state` waits for. An account can ask for a second code after the first.

        Raises INSTAGRAM_WRONG_CODE (the same state may be tried again), INSTAGRAM_CODE_EXPIRED (it may not),
        INSTAGRAM_UNKNOWN_STEP and what `login` raises. The password is submitted only if Instagram starts over.
        """
        step = steps.load(state)

        def answer(client: QuietClient) -> Linked | NeedsCode:
            client.username = username
            answered = codes.submit(client, step, code)
            if isinstance(answered, NeedsCode):
                return answered
            return _let_in(client, username) if answered else _sign_in(client, username, password)

        return self._attempt(step.settings, answer)

    @bot_exceptions_only
    def send_code(self, username: str, state: str, method: CodeMethod) -> NeedsCode:
        """Have a code sent again, or by another way of the account. The earlier state is over."""
        step = steps.load(state)

        def ask(client: QuietClient) -> NeedsCode:
            client.username = username
            return codes.send(client, step, method)

        return self._attempt(step.settings, ask)

    @bot_exceptions_only
    def resume(self, username: str, password: str, state: str) -> Linked | NeedsCode:
        """Go on with a sign-in that its owner has confirmed in the app: with as little as it takes.

        A session that was given is tested, an approval looked up; for all else the password is submitted again.
        """
        step = steps.load(state)
        if step.answer == TEST:
            try:
                return self._attempt(step.settings, lambda client: _tested(client, username))
            except BotException as failure:
                if failure.name != "INSTAGRAM_LOGGED_OUT":
                    raise
        if step.answer == second_factor.OLDER:
            return self._attempt(step.settings, lambda client: _approved(client, username, step))
        return self._attempt(with_own_app(step.settings), lambda client: _sign_in(client, username, password))

    @bot_exceptions_only
    def adopt(self, session: str, device: str) -> Linked:
        """Prove an imported session by one read. `device` is used if the session has none of its own."""
        brought = session_settings(session)
        settings = brought if "uuids" in brought else device_settings(device) | brought

        def prove(client: QuietClient) -> Linked:
            username = _own_account(client)
            return Linked(session_of(client), str(client.user_id), username)

        return self._attempt(with_own_app(settings), prove)

    @bot_exceptions_only
    def test_connection(self, session: str) -> str:
        """Ask Instagram for the own account, in one request. Return the session as it is afterwards, to be stored."""
        with client_for(self._endpoint, with_place(session_settings(session), self._place), self._timeout) as client:
            try:
                _own_account(client)
            except Exception as error:
                failure = translate(error, Call("read"), client.last_response)
                self._show(client, failure)
                raise failure from None
            return session_of(client)

    def _show(self, client: QuietClient, failure: BotException) -> None:
        """Show the observer the last reply."""
        reply = client.last_response
        if reply is not None and (answered := answered_by(urlsplit(str(reply.url)).path, reply)):
            self._observe(answered, failure)

    def _attempt(self, settings: Settings, work: Callable[[QuietClient], T]) -> T:
        with client_for(self._endpoint, with_place(settings, self._place), self._timeout) as client:
            try:
                answer = work(client)
                if client.trouble is not None:
                    self._show(client, client.trouble)
                return answer
            except Exception as error:
                failure = _at_sign_in(error, translate(error, _AT_SIGN_IN, client.last_response))
                # At sign-in it holds no other bot: the app version may be refused for this account alone.
                failure.meta.pop("refused_client", None)
                self._show(client, failure)
                again = sign_in_again(client)
            finally:
                self.device = device_of(client)
        if failure.name in _CONFIRMED_IN_APP and not isinstance(failure, NeedsApp):
            raise NeedsApp(again)
        raise failure


def _at_sign_in(error: Exception, failure: BotException) -> BotException:
    """A page of the sign-in that is not there is no person, and one of another shape is a sign-in that has changed."""
    of_another_shape = isinstance(error, TypeError | AttributeError | LookupError)
    if failure.name == "INSTAGRAM_PERSON_NOT_FOUND" or (failure.name == "INSTAGRAM_UNREADABLE" and of_another_shape):
        return BotException("INSTAGRAM_SIGN_IN_CHANGED", **failure.meta)
    return failure


def _sign_in(client: QuietClient, username: str, password: str) -> Linked | NeedsCode:
    try:
        client.login(username, password)
    except (CodeNeeded, TwoFactorRequired, ChallengeError) as error:
        stopped: Exception = error
    except ClientError as error:
        raise _refused(client, error) from None
    else:
        return _linked(client, username)
    if isinstance(stopped, TwoFactorRequired):
        context = getattr(stopped, "two_step_verification_context", "") or _context_in(client)
        return second_factor.ask(client, context) if context else second_factor.ask_older(client)
    if isinstance(stopped, CodeNeeded):
        return mailed_code.ask(client)
    meaning = translate(stopped, _AT_SIGN_IN, client.last_response)
    if meaning.name not in _CONFIRMED_IN_APP:
        raise meaning
    return challenges.ask(client)


def _context_in(client: QuietClient) -> str:
    """The older sign-in can lead to the screens of the present one."""
    return str(client.bloks_extract_two_step_verification_context(client.last_json or {}))


def _refused(client: QuietClient, error: ClientError) -> BotException:
    """Return the meaning of a screen that came instead of a session, or of the last reply if that was no screen."""
    # Only instagrapi's own verdict on a screen brings along what it went by.
    screen = vars(error).get("result")
    if not isinstance(screen, dict):
        return translate(error, _AT_SIGN_IN, client.last_response)
    if not screen:
        # The pages before the password did not bring what it needs.
        return BotException("INSTAGRAM_SIGN_IN_CHANGED", delivered="no")
    meaning = after_password(Screen(screen))
    if meaning.name == "INSTAGRAM_UNKNOWN_STEP":
        return NeedsApp(sign_in_again(client), meaning.name)
    return meaning


def _let_in(client: QuietClient, username: str) -> Linked:
    client.login_flow()
    return _linked(client, username)


def _linked(client: QuietClient, username: str) -> Linked:
    if not client.user_id:
        raise BotException("INSTAGRAM_REFUSED", delivered="maybe", cause="no session")
    trouble = client.trouble
    if trouble is not None and trouble.name == "INSTAGRAM_LOGGED_OUT":
        raise trouble
    if trouble is not None and trouble.name in _CONFIRMED_IN_APP:
        raise NeedsApp(Step(TEST, "", settings_of(client)))
    return Linked(session_of(client), str(client.user_id), username.strip(), trouble)


def _tested(client: QuietClient, username: str) -> Linked:
    _own_account(client)
    return _linked(client, username)


def _own_account(client: QuietClient) -> str:
    """Return the username of the own account. Ask again with the client's own app if Instagram refuses an older one."""
    for _ in range(2):
        try:
            reply = client.private_request("accounts/current_user/?edit=true")
        except Exception as error:
            failure = translate(error, Call("read"), client.last_response)
        else:
            if str(reply["user"]["pk"]) != str(client.user_id):
                raise BotException("INSTAGRAM_LOGGED_OUT", delivered="no", cause="another account")
            return str(reply["user"]["username"])
        if refuses_own_version(client, failure) or failure.name != "INSTAGRAM_CLIENT_OUTDATED":
            break
    raise failure


def _approved(client: QuietClient, username: str, step: Step) -> Linked:
    client.username = username
    second_factor.approve(client, step)
    return _let_in(client, username)
