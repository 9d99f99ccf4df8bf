"""Requests to addresses that users name: checked, sent to the very address that was checked, and nothing read back."""

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
# Of an answer its head is read, up to this; its body never.
MAX_HEAD = 16 * 1024
_MAX_HOST, _LAST_PORT = 253, 65535
# No user and password, no fragment, no backslash: readers of URLs differ on what those make of the host.
_URL = re.compile(
    rf"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9{OTHER_LETTERS}-]+(?:\.[a-z0-9{OTHER_LETTERS}-]+)*)"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[!\"$-\[\]-~]*)?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class TargetUrl:
    """Where a request goes; `path` has the query, and may hold a secret."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def shown(self) -> str:
        """Scheme, host and port, where that is not the usual one: what may be shown and logged."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme]
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port != usual else "")


def parse(text: str) -> TargetUrl:
    """Raises WEBHOOK_MALFORMED, and WEBHOOK_FORBIDDEN for another port."""
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
    """In the demo, where all is on one machine, those at which its own programs listen; elsewhere this machine is not
    allowed anyway.
    """
    if not config.instagram_sandbox:
        return set()
    servers = {config.redis_url: 6379, config.sqlalchemy_url: 5432}
    ports = {urlsplit(url).port or usual for url, usual in servers.items() if urlsplit(url).hostname}
    mail = config.mail_server
    return {config.port, config.sandbox_port, *ports, *([mail.port] if mail else [])}


def checked(text: str) -> TargetUrl:
    """The place of a URL that a user typed. Raises WEBHOOK_MALFORMED, WEBHOOK_FORBIDDEN and WEBHOOK_NOT_FOUND."""
    place = parse(text)
    _addresses(place.host)
    return place


def _addresses(host: str) -> list[str]:
    """Those of the host. Raises WEBHOOK_NOT_FOUND and WEBHOOK_FORBIDDEN."""
    forbidden = _refused("WEBHOOK_FORBIDDEN", only_here("A webhook"))
    return resolve_public(host, not_found=_refused("WEBHOOK_NOT_FOUND"), forbidden=forbidden)


def _refused(name: str, message: str | None = None) -> BotException:
    problem = {"field": "url", "code": name, "message": message or BotException(name).message}
    return BotException(name, message, errors=[problem])


def post(text: str, body: bytes, headers: dict[str, str]) -> None:
    """Sends a body once and waits for a status of 200 to 299, 10 seconds at most.

    No redirect is followed, no proxy of the environment is used, and a certificate has to be the host's. Raises what
    `checked` does, and WEBHOOK_FAILED.
    """
    place, deadline = parse(text), time.monotonic() + WHOLE_SECONDS
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
    """A connection to the first of the addresses that takes one; over TLS for the host's name."""
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
    """To an address, not a name: nothing is resolved a second time."""
    return socket.create_connection((address, port), seconds)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
