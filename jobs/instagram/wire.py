"""The network edge: a request is sent once, within the time its call has left, and fails as BotException."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests
from curl_cffi import CurlECode
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.utils import select_proxy
from urllib3 import Timeout

from bot.core.causes import cause_of
from bot.core.errors import BotException
from jobs.instagram.transport import FACTS, CurlFailure, CurlTransport
from jobs.lanes import held_lease

_REQUEST_TIMEOUT = 408
# Any other POST may change something, so it never travels on a used connection; see Wire.
_READING_POSTS = (
    "/feed/",
    "/graphql/query",
    "/sections/",
    "/attestation/",
    "caa.login.process_client_data",
    "caa.login.oauth.token",
)


class Deadline:
    """The seconds that one call may take, over all its requests. `clock` is monotonic."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self.begin()

    def begin(self) -> None:
        self._ends = self._clock() + self._seconds

    def left(self) -> float:
        """Return the seconds until the call has to end. Raises INSTAGRAM_TIMEOUT if there are none."""
        left = self._ends - self._clock()
        if left <= 0:
            raise BotException("INSTAGRAM_TIMEOUT", delivered="maybe", cause="deadline")
        return left


class Wire(BaseAdapter):
    """An adapter between a requests session and its sender: a CurlTransport, or an adapter of requests.

    libcurl silently sends a request again, a POST too, if a reused connection breaks before the first byte of the
    reply: a follow whose reply is cut off would be done twice. It never does that on a new connection. So requests that
    may change something always open a new one, which replaces the old one. `own_proxy` says that the way leads through
    the account's own proxy.
    """

    def __init__(self, inner: CurlTransport | HTTPAdapter, deadline: Deadline, *, own_proxy: bool = False) -> None:
        super().__init__()
        self._own_proxy = own_proxy
        self._inner = inner
        self._deadline = deadline

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        left = self._deadline.left()
        if _may_change(request):
            left = min(left, _lease_left())
        try:
            response = self._sent(request, left, verify, proxies or {})
        except requests.RequestException as error:
            proxied = bool(select_proxy(str(request.url), dict(proxies or {})))
            raise network_failure(error, proxied=proxied, own_proxy=self._own_proxy) from None
        if response.status_code == _REQUEST_TIMEOUT:
            # instagrapi would sleep for a minute and send it again.
            raise BotException("INSTAGRAM_TIMEOUT", delivered="maybe", http_status=_REQUEST_TIMEOUT)
        return response

    def _sent(
        self, request: requests.PreparedRequest, left: float, verify: bool | str, proxies: Mapping[str, str]
    ) -> requests.Response:
        if isinstance(self._inner, CurlTransport):
            return self._inner.send(request, timeout=left, verify=verify, proxies=proxies, fresh=_may_change(request))
        # Plain requests sends once by default.
        whole: Any = Timeout(total=left)
        return self._inner.send(request, timeout=whole, verify=verify, proxies=proxies)

    def close(self) -> None:
        self._inner.close()


def _lease_left() -> float:
    """Return the seconds for which the lane is ours.

    An effect must end with them, even if the process was stopped meanwhile.

    Raises INSTAGRAM_CALL_INTERRUPTED if there are none.
    """
    lease = held_lease()
    if lease is None:
        return math.inf
    left = lease.left()
    if left <= 0:
        raise BotException("INSTAGRAM_CALL_INTERRUPTED", delivered="no", cause="lease lost")
    return left


def _may_change(request: requests.PreparedRequest) -> bool:
    return request.method == "POST" and not any(part in str(request.url) for part in _READING_POSTS)


_NOTHING_SENT = {
    CurlECode.COULDNT_RESOLVE_HOST,
    CurlECode.COULDNT_CONNECT,
    CurlECode.SSL_CONNECT_ERROR,
    CurlECode.PEER_FAILED_VERIFICATION,
}


_IN_THE_TUNNEL = 200


def network_failure(
    error: requests.RequestException, *, proxied: bool = False, own_proxy: bool = False
) -> BotException:
    """Return the BotException of a failure on the way. `delivered` is "no" only if nothing can have been sent."""
    failure = error.__cause__ if isinstance(error.__cause__, CurlFailure) else None
    curl_code = failure and failure.code
    name, delivered = _name_of(error, curl_code)
    if proxied and failure and _is_of_proxy(failure):
        name, delivered = "INSTAGRAM_PROXY_FAILED", "no"
    elif own_proxy and (isinstance(error, requests.exceptions.SSLError) or curl_code in _NOTHING_SENT):
        # Only the proxy can be between us and Instagram and show another certificate.
        name, delivered = "INSTAGRAM_PROXY_FAILED", "no"
    return BotException(name, delivered=delivered, cause=type(error).__name__, curl_code=curl_code, **cause_of(error))


def _is_of_proxy(failure: CurlFailure) -> bool:
    """Return whether a new connection did not get past the proxy."""
    if failure.code == CurlECode.COULDNT_CONNECT:
        return True
    opened, secured, answer = (failure.facts[fact] for fact in FACTS)
    return bool(opened) and secured == 0 and answer != _IN_THE_TUNNEL


def _name_of(error: requests.RequestException, curl_code: object) -> tuple[str, str]:
    if isinstance(error, requests.exceptions.ProxyError):
        return "INSTAGRAM_PROXY_FAILED", "no"
    if isinstance(error, requests.Timeout):
        return "INSTAGRAM_TIMEOUT", "maybe"
    if isinstance(error, requests.exceptions.SSLError) or curl_code in _NOTHING_SENT:
        return "INSTAGRAM_UNREACHABLE", "no"
    if isinstance(error, requests.TooManyRedirects | requests.exceptions.ContentDecodingError):
        return "INSTAGRAM_UNREADABLE", "maybe"
    return "INSTAGRAM_UNREACHABLE", "maybe"
