"""One curl handle for one account. It sends the same bytes as instagrapi's own adapter, at less cost."""

from collections.abc import Mapping
from email.message import Message
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import requests
from curl_cffi import Curl, CurlECode, CurlError, CurlHttpVersion, CurlInfo, CurlOpt, CurlSslVersion, ffi
from curl_cffi.requests.exceptions import code2error
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3 import HTTPHeaderDict, HTTPResponse

from jobs.instagram.authorities import FILE

# libcurl's facts about the connection of a failed request: the number opened for it, the microseconds until Instagram's
# certificate was accepted (0: never), and the proxy's answer to CONNECT.
FACTS = (CurlInfo.NUM_CONNECTS, CurlInfo.APPCONNECT_TIME_T, CurlInfo.HTTP_CONNECTCODE)

# As instagrapi sets them, with one connection in all.
_OPTIONS: dict[CurlOpt, Any] = {
    CurlOpt.HTTP_VERSION: CurlHttpVersion.V2_PRIOR_KNOWLEDGE,
    CurlOpt.HTTP_CONTENT_DECODING: 0,
    CurlOpt.NOPROXY: "",
    CurlOpt.SSLVERSION: CurlSslVersion.TLSv1_3,
    CurlOpt.SSL_EC_CURVES: "X25519MLKEM768:X25519:P-256:P-384",
    CurlOpt.PROXY_CREDENTIAL_NO_REUSE: 1,
    CurlOpt.FOLLOWLOCATION: 0,
    CurlOpt.MAXCONNECTS: 1,
    # It stays so after the first POST. Most of ours are 2 KB.
    CurlOpt.UPLOAD_BUFFERSIZE: 16_384,
}
# Failures of libcurl without a class in requests. None of them may make a request be sent again.
_RENAMED = {"IncompleteRead": requests.ConnectionError, "HTTPError": requests.ConnectionError}


class CurlFailure(Exception):
    """A failure of libcurl: its code, and FACTS."""

    def __init__(self, code: int, facts: dict[CurlInfo, int]) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class _Handle(Curl):
    """A curl handle without a buffer for websockets, which is most of the size of one in Python."""

    _WS_RECV_BUFFER_SIZE = 1


class CurlTransport:
    """An account's connection to Instagram. It opens on first use, and again on the first use after `close`.

    `authorities`, a folder of `one_file_each`, replaces the trusted bundle unless a call asks for another one.
    """

    def __init__(self, authorities: Path | None = None) -> None:
        self._authorities = authorities
        self._curl: _Handle | None = None

    def send(
        self,
        request: requests.PreparedRequest,
        *,
        timeout: float,
        verify: bool | str,
        proxies: Mapping[str, str],
        fresh: bool,
    ) -> requests.Response:
        """Return the reply; with `fresh` on a new connection.

        Raises RequestException, with a CurlFailure as its cause.
        """
        curl = self._curl = self._curl or _Handle()
        head, body = BytesIO(), BytesIO()
        try:
            trusted = self._authorities if verify is True and self._authorities else verify
            _prepare(curl, request, trusted, select_proxy(str(request.url), dict(proxies)) or "")
            curl.setopt(CurlOpt.TIMEOUT_MS, int(timeout * 1000))
            curl.setopt(CurlOpt.FRESH_CONNECT, int(fresh))
            curl.setopt(CurlOpt.HEADERDATA, head)
            curl.setopt(CurlOpt.WRITEDATA, body)
            curl.perform()
            version = curl.getinfo(CurlInfo.HTTP_VERSION)
        except CurlError as error:
            raise _failure(curl, error, request) from CurlFailure(int(error.code), _facts(curl))
        finally:
            curl.reset()
        if version != CurlHttpVersion.V2_0 and urlsplit(str(request.url)).scheme == "https":
            raise requests.ConnectionError("no HTTP/2", request=request)
        body.seek(0)
        return _response(request, head.getvalue(), body)

    def close(self) -> None:
        if self._curl is not None:
            self._curl.close()
            self._curl = None


def _prepare(curl: Curl, request: requests.PreparedRequest, verify: bool | str | Path, proxy: str) -> None:
    url, body = str(request.url), request.body
    curl.setopt(CurlOpt.URL, url.encode())
    if request.method == "POST":
        content = body.encode() if isinstance(body, str) else body or b""
        curl.setopt(CurlOpt.POST, 1)
        curl.setopt(CurlOpt.POSTFIELDS, content)
        curl.setopt(CurlOpt.POSTFIELDSIZE, len(content))
    curl.setopt(CurlOpt.HTTPHEADER, _header_lines(request))
    for option, value in _OPTIONS.items():
        curl.setopt(option, value)
    # With None, libcurl would take a proxy from the environment.
    curl.setopt(CurlOpt.PROXY, proxy)
    if url.startswith("https:") and not proxy.startswith("socks"):
        curl.setopt(CurlOpt.HTTPPROXYTUNNEL, 1)
    if isinstance(verify, Path):
        curl.setopt(CurlOpt.CAPATH, str(verify))
        curl.setopt(CurlOpt.CAINFO, str(verify / FILE))
    elif verify is False:
        curl.setopt(CurlOpt.SSL_VERIFYPEER, 0)
        curl.setopt(CurlOpt.SSL_VERIFYHOST, 0)
    elif isinstance(verify, str) and Path(verify).is_dir():
        curl.setopt(CurlOpt.CAPATH, verify)
        curl.setopt(CurlOpt.CAINFO, ffi.NULL)
    elif isinstance(verify, str):
        curl.setopt(CurlOpt.CAINFO, verify)
        curl.setopt(CurlOpt.PROXY_CAINFO, verify)


def _header_lines(request: requests.PreparedRequest) -> list[bytes]:
    lines = [f"{name}: {value}" if value else f"{name};" for name, value in request.headers.items()]
    # libcurl asks for leave to send long bodies unless it is told not to.
    return [line.encode() for line in (*lines, "Expect: ")]


def _facts(curl: Curl) -> dict[CurlInfo, int]:
    return {fact: int(str(curl.getinfo(fact))) for fact in FACTS}


def _failure(curl: Curl, error: CurlError, request: requests.PreparedRequest) -> requests.RequestException:
    """Return the exception of requests for a failure of libcurl."""
    for kind in code2error(CurlECode(error.code), str(error)).__mro__:
        found = _RENAMED.get(kind.__name__) or getattr(requests.exceptions, kind.__name__, None)
        if isinstance(found, type) and issubclass(found, requests.RequestException):
            return found(f"curl failed ({kind.__name__})", request=request)
    return requests.RequestException("curl failed", request=request)


def _response(request: requests.PreparedRequest, head: bytes, body: BytesIO) -> requests.Response:
    # The proxy's reply, and replies that announce another, may come before the final one.
    status, *lines = [line for line in head[head.rindex(b"HTTP/") :].decode("latin-1").split("\r\n") if line]
    _, code, *reason = status.split(" ", 2)
    pairs = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    raw: Any = HTTPResponse(
        body=body,
        headers=HTTPHeaderDict(pairs),
        status=int(code),
        reason="".join(reason),
        version=20,
        request_method=request.method,
        preload_content=False,
        decode_content=False,
    )
    raw._original_response = _with_cookies(pairs)
    return _ADAPTER.build_response(request, raw)


def _with_cookies(pairs: list[tuple[str, str]]) -> Any:
    """Return the object in which requests looks for the cookies of a reply; None if it sets none."""
    cookies = [value for name, value in pairs if name.lower() == "set-cookie"]
    if not cookies:
        return None
    message = Message()
    for cookie in cookies:
        message["Set-Cookie"] = cookie
    return SimpleNamespace(msg=message, close=lambda: None, isclosed=lambda: True)


_ADAPTER = HTTPAdapter()
