"""What our transport sends is what instagrapi's own would send, and nothing of one account reaches another."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from instagrapi.transports import create_curl_h2_adapter

from jobs.instagram.transport import CurlTransport
from tests.jobs.instagram.conftest import Sandbox
from tests.jobs.instagram.http2_recorder import Recorder, http2_recorder

HOST = "i.instagram.com"
URL = f"https://{HOST}/api/v1/media/5/info/"
HEADERS = {"X-MID": "", "User-Agent": "Instagram 1", "x-own-Case": "3brTv10=", "Cookie": "a=b; c=d"}
FORM = {**HEADERS, "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
REQUESTS = {
    "get": requests.Request("GET", URL, params={"query": "a b", "list": "[1,2]"}, headers=HEADERS),
    "post": requests.Request("POST", URL, data="signed_body=SIGNATURE.%7B%7D", headers=FORM),
    "form": requests.Request("POST", URL, data={"text": "Hello, Zoë", "empty": ""}, headers=HEADERS),
    "long post": requests.Request("POST", URL, data="x=" + "y" * 100_000, headers=FORM),
}


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    with http2_recorder(tmp_path / "recorder", HOST) as recorder:
        yield recorder


@pytest.fixture
def transport() -> Iterator[CurlTransport]:
    transport = CurlTransport()
    yield transport
    transport.close()


def sent(transport: CurlTransport, recorder: Recorder, call: str = "get", **more: Any) -> requests.Response:
    way: dict[str, Any] = {"timeout": 5, "verify": recorder.ca_file, "proxies": {"https": recorder.proxy}}
    return transport.send(REQUESTS[call].prepare(), **{**way, "fresh": False, **more})


def sent_by_instagrapi(recorder: Recorder, call: str) -> requests.Response:
    adapter = create_curl_h2_adapter()
    response: requests.Response = adapter.send(
        REQUESTS[call].prepare(), timeout=5, verify=recorder.ca_file, proxies={"https": recorder.proxy}
    )
    adapter.close()
    return response


@pytest.mark.parametrize("call", REQUESTS)
def test_a_request_is_that_of_instagrapi_to_the_order_of_its_headers(
    recorder: Recorder, transport: CurlTransport, call: str
) -> None:
    sent_by_instagrapi(recorder, call)
    sent(transport, recorder, call)

    theirs, ours = recorder.requests
    assert ours == theirs


def test_its_first_flight_offers_what_that_of_instagrapi_does(recorder: Recorder, transport: CurlTransport) -> None:
    sent_by_instagrapi(recorder, "get")
    sent(transport, recorder)

    theirs, ours = map(offered, recorder.hellos)
    assert ours == theirs


def offered(hello: bytes) -> list[object]:
    """Ciphers, and extensions with all that is not drawn anew: the order, and of a key share the groups and lengths."""
    at = 9 + 2 + 32
    at += 1 + hello[at]
    ciphers = int.from_bytes(hello[at : at + 2])
    found: list[object] = [hello[at + 2 : at + 2 + ciphers]]
    at += 2 + ciphers
    at += 1 + hello[at] + 2
    while at < 5 + int.from_bytes(hello[3:5]):
        kind, length = int.from_bytes(hello[at : at + 2]), int.from_bytes(hello[at + 2 : at + 4])
        key_share = 51
        found.append((kind, length if kind == key_share else hello[at + 4 : at + 4 + length]))
        at += 4 + length
    return found


def test_a_reply_is_read_as_instagrapi_reads_it(recorder: Recorder, transport: CurlTransport) -> None:
    theirs, ours = sent_by_instagrapi(recorder, "get"), sent(transport, recorder)

    for read in (attributes, lambda response: response.cookies.get_dict()):
        assert read(ours) == read(theirs)


def attributes(response: requests.Response) -> tuple[object, ...]:
    return response.status_code, dict(response.headers), response.content, response.url, response.encoding


def test_it_holds_nothing_open_before_its_first_request_and_after_its_end(
    sandbox: Sandbox, transport: CurlTransport
) -> None:
    before = os.listdir("/proc/self/fd")
    way: dict[str, Any] = {"verify": sandbox.endpoint.ca_file, "proxies": {"https": sandbox.endpoint.proxy}}

    for _ in range(2):
        assert os.listdir("/proc/self/fd") == before
        transport.send(REQUESTS["get"].prepare(), timeout=5, fresh=False, **way)
        assert os.listdir("/proc/self/fd") != before
        transport.close()
    assert os.listdir("/proc/self/fd") == before


def test_two_accounts_share_neither_a_connection_nor_a_session_of_tls(recorder: Recorder) -> None:
    for _ in range(2):
        transport = CurlTransport()
        sent(transport, recorder)
        transport.close()
    kept = [CurlTransport() for _ in range(2)]
    for transport in kept:
        sent(transport, recorder)
    for transport in kept:
        transport.close()

    assert len(recorder.hellos) == 4
    assert not any(recorder.resumed)


def test_one_account_goes_on_where_it_was(recorder: Recorder, transport: CurlTransport) -> None:
    sent(transport, recorder)
    sent(transport, recorder)
    assert len(recorder.hellos) == 1

    sent(transport, recorder, fresh=True)
    sent(transport, recorder)
    assert len(recorder.hellos) == 2
    assert recorder.resumed == [False, True]


REFUSED: dict[str, Callable[[Recorder], dict[str, Any]]] = {
    "a certificate of nobody whom the client trusts": lambda _recorder: {"verify": True},
    "a proxy that is not there": lambda _recorder: {"proxies": {"https": "http://127.0.0.1:9"}},
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_is_an_exception_of_requests(recorder: Recorder, transport: CurlTransport, what: str) -> None:
    with pytest.raises(requests.RequestException):
        sent(transport, recorder, **REFUSED[what](recorder))
    assert sent(transport, recorder).ok
