"""Requests to URLs that users name. They go to the very address that was checked, and no body is read back."""

import re
import socket
import ssl
import time
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11

from bot.config.environment import Config
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.network.destinations import OTHER_LETTERS, is_ipv6, only_here, resolve_public, wire_host

MAX_URL = 500
PORTS = frozenset({80, 443})
CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 5.0, 5.0, 10.0
# Bytes of a response's head that are read at most. Its body is never read.
MAX_HEAD = 16 * 1024
_MAX_HOST, _LAST_PORT = 253, 65535
# No user, password, fragment or backslash: parsers of URLs disagree on the host if these are present.
_URL = re.compile(
    rf"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9{OTHER_LETTERS}-]+(?:\.[a-z0-9{OTHER_LETTERS}-]+)*)"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[!\"$-\[\]-~]*)?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class TargetUrl:
    """The target of a request. `path` includes the query and may hold a secret."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def shown(self) -> str:
        """Scheme and host, and the port if it is not the usual one. This may be shown and logged."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme]
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port != usual else "")


def parse_url(text: str) -> TargetUrl:
    """Return the parts of a URL. Raises WEBHOOK_MALFORMED, and WEBHOOK_FORBIDDEN for another port."""
    found = _URL.fullmatch(text) if len(text) <= MAX_URL else None
    if found is None:
        raise _refused("WEBHOOK_MALFORMED")
    scheme, host = found["scheme"].lower(), wire_host(found["host"])
    port = int(found["port"] or {"http": 80, "https": 443}[scheme])
    if not 0 < len(host) <= _MAX_HOST or not 0 < port <= _LAST_PORT or (host[0] == "[" and not is_ipv6(host[1:-1])):
        raise _refused("WEBHOOK_MALFORMED")
    if port not in PORTS and not runtime().config.instagram_sandbox:
        raise _refused("WEBHOOK_FORBIDDEN")
    if port in own_ports(runtime().config):
        raise _refused("WEBHOOK_FORBIDDEN", "This port is one of Troupe's own. Choose another.")
    return TargetUrl(scheme, host.strip("[]"), port, found["path"] or "/")


def own_ports(config: Config) -> set[int]:
    """Return the ports of Troupe's own programs in the demo, which runs on one machine.

    Outside the demo the set is empty, because this machine is not allowed anyway.
    """
    if not config.instagram_sandbox:
        return set()
    servers = {config.redis_url: 6379, config.sqlalchemy_url: 5432}
    ports = {urlsplit(url).port or usual for url, usual in servers.items() if urlsplit(url).hostname}
    mail = config.mail_server
    return {config.port, config.sandbox_port, *ports, *([mail.port] if mail else [])}


def check_url(text: str) -> TargetUrl:
    """Return the parts of a URL that a user typed. Raises WEBHOOK_MALFORMED, WEBHOOK_FORBIDDEN and
    WEBHOOK_NOT_FOUND.
    """
    place = parse_url(text)
    _addresses(place.host)
    return place


def _addresses(host: str) -> list[str]:
    """Return the addresses of the host. Raises WEBHOOK_NOT_FOUND and WEBHOOK_FORBIDDEN."""
    forbidden = _refused("WEBHOOK_FORBIDDEN", *only_here("A webhook"))
    return resolve_public(host, not_found=_refused("WEBHOOK_NOT_FOUND"), forbidden=forbidden)


def _refused(name: str, message: str | None = None, remedy: str | None = None) -> BotException:
    problem = {"field": "url", "code": name, "message": message or BotException(name).message}
    return BotException(name, message, remedy=remedy, errors=[problem])


def post(text: str, body: bytes, headers: dict[str, str]) -> None:
    """Send a body once and wait for a status of 200 to 299, for 10 seconds at most.

    It follows no redirect, uses no proxy of the environment, and requires a certificate of the host. Raises the errors
    of check_url, and WEBHOOK_FAILED.
    """
    place, deadline = parse_url(text), time.monotonic() + WHOLE_SECONDS
    addresses = _addresses(place.host)
    try:
        status = _status(place, addresses, _request(place, body, headers), deadline)
    except ssl.SSLCertVerificationError:
        raise BotException("WEBHOOK_FAILED", "Its certificate is not valid for this address.") from None
    except TimeoutError:
        raise BotException("WEBHOOK_FAILED", "It did not answer in time.") from None
    except (OSError, h11.RemoteProtocolError):
        raise BotException("WEBHOOK_FAILED", "It cannot be reached, or does not speak HTTP.") from None
    if not 200 <= status < 300:
        raise BotException("WEBHOOK_FAILED", f"It answered with status {status}.", http_status=status)


def _request(place: TargetUrl, body: bytes, headers: dict[str, str]) -> list[h11.Event]:
    named = {
        "Host": place.shown.partition("://")[2],
        "User-Agent": "Troupe",
        "Connection": "close",
        "Content-Length": str(len(body)),
        **headers,
    }
    return [h11.Request(method="POST", target=place.path, headers=list(named.items())), h11.Data(data=body)]


def _status(place: TargetUrl, addresses: list[str], request: list[h11.Event], deadline: float) -> int:
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
    sent = b"".join(connection.send(event) or b"" for event in [*request, h11.EndOfMessage()])
    with closing(_connected(place, addresses, deadline)) as link:
        link.settimeout(_left(deadline))
        link.sendall(sent)
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Response):
                return event.status_code
            if event is h11.NEED_DATA:
                link.settimeout(min(READ_SECONDS, _left(deadline)))
                connection.receive_data(link.recv(4096))
            elif not isinstance(event, h11.InformationalResponse):
                raise ConnectionError


def _connected(place: TargetUrl, addresses: list[str], deadline: float) -> socket.socket:
    """Connect to the first address that accepts. TLS uses the host's name."""
    for number, address in enumerate(addresses, 1):
        try:
            link = open_connection(address, place.port, min(CONNECT_SECONDS, _left(deadline)))
            break
        except OSError:
            if number == len(addresses):
                raise
    if place.scheme == "http":
        return link
    try:
        link.settimeout(min(READ_SECONDS, _left(deadline)))
        return ssl.create_default_context().wrap_socket(link, server_hostname=place.host)
    except BaseException:
        link.close()
        raise


def open_connection(address: str, port: int, seconds: float) -> socket.socket:
    """Connect to an address. It is no name, so nothing is resolved a second time."""
    return socket.create_connection((address, port), seconds)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
