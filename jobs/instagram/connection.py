"""One account's connection to Instagram: each call is one request, and raises only BotException."""

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import quote

from bot.core.errors import BotException
from jobs.instagram.answers import Answered, Observer, answered_by, unobserved
from jobs.instagram.app_version import refuses_own_version
from jobs.instagram.endpoint import Endpoint
from jobs.instagram.factory import (
    AppRun,
    close_private,
    run_of,
    session_of,
    session_settings,
    with_place,
    working_client,
)
from jobs.instagram.people import Reply
from jobs.instagram.refusals import Call, refused_though_acknowledged
from jobs.instagram.translate import bot_exceptions_only, translate
from jobs.instagram.wire import Deadline

READ = Call("read", "person")
C = TypeVar("C", bound="Connection")
P = ParamSpec("P")
T = TypeVar("T")


def observed(
    work: Callable[Concatenate[C, P], T],
) -> Callable[Concatenate[C, P], T]:
    """Let nothing but BotException out, and show the observer the reply and the failure."""
    guarded = bot_exceptions_only(work)

    @functools.wraps(work)
    def call(self: C, /, *args: P.args, **kwargs: P.kwargs) -> T:
        failure: BotException | None = None
        try:
            return guarded(self, *args, **kwargs)
        except BotException as error:
            failure = error
            raise
        finally:
            answered, self._answered = self._answered, None
            if answered is not None:
                self.observe(answered, failure)

    return call


class Connection:
    """One account's connection, for one thread at a time.

    `session` comes from a sign-in or from `dump()`. `timeout` is the seconds after which a call gives up.
    `proxy_failed` says that the last call did not get past the proxy, `outdated` is its failure if it was refused for
    the client's own version. `run` is the app run of an earlier client, which this one continues. With `own_app` the
    account's phone takes the app version of this client; else the session's stays until Instagram refuses it. `place`
    is where the phone is, as for `with_place`. `observe` sees each reply. The owner calls `close()`.
    """

    @bot_exceptions_only
    def __init__(
        self,
        session: str,
        endpoint: Endpoint,
        *,
        timeout: float = 20.0,
        run: AppRun | None = None,
        own_app: bool = False,
        place: dict[str, Any] | None = None,
        observe: Observer = unobserved,
    ) -> None:
        self.proxy_failed = False
        self.outdated: BotException | None = None
        self.observe = observe
        self._answered: Answered | None = None
        self._deadline = Deadline(timeout)
        settings = with_place(session_settings(session), place)
        self._client = working_client(endpoint, settings, self._deadline, run, own_app=own_app)
        self.own_id = str(self._client.user_id)

    @bot_exceptions_only
    def dump(self) -> str:
        """Return the present session: JSON and a secret, to be stored after each job."""
        return session_of(self._client)

    @property
    def run(self) -> AppRun:
        """Return the app run, with which the next client of this account continues."""
        return run_of(self._client)

    @bot_exceptions_only
    def close(self) -> None:
        close_private(self._client)

    def _ask(self, path: str, *parts: str, call: Call = READ, **request: Any) -> Reply:
        """Make one request. `parts` are the names and ids for the `{}` in the path."""
        filled = path.format(*(quote(part, safe="") for part in parts))
        reply: Reply = self._once(path, call, self._client.private_request, filled, **request)
        return reply

    def _once(self, path: str, call: Call, send: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a method of the client that makes one request to `path`. Raises only BotException."""
        self._deadline.begin()
        self.outdated = None
        try:
            reply = send(*args, **kwargs)
        except Exception as error:
            failure = translate(error, call, self._client.last_response)
            if refuses_own_version(self._client, failure):
                self.outdated = failure
            self.proxy_failed = failure.name == "INSTAGRAM_PROXY_FAILED"
        else:
            fields = self._client.last_json
            if call.at != "act" or not isinstance(fields, dict):
                return reply
            refused = refused_though_acknowledged(call, fields)
            if refused is None:
                return reply
            failure = refused.failure(cause="acknowledged and refused")
        finally:
            self._answered = answered_by(path, self._client.last_response)
            # A page of posts is 100 KB, and a warm client would hold it until the next one.
            self._client.last_json, self._client.last_response = {}, None
        raise failure
