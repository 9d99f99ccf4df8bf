"""The proxy of an Instagram account: reading its URL, and the address that a client may connect to."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from bot.destinations import addresses_of, is_ipv6
from bot.errors import BotException

LONGEST_URL = 500
_LONGEST_HOST, _LONGEST_LOGIN, _LAST_PORT = 253, 255, 65535
_URL = re.compile(
    r"(?P<scheme>[a-z0-9]+)://"
    r"(?:(?P<login>[^\s/?#]*)@)?"
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)"
    r"(?::(?P<port>[0-9]{1,5}))?/?",
    re.IGNORECASE | re.ASCII,
)
# Names of hosts are looked up by the proxy, whichever of the two is typed.
_SCHEMES = {"http": "http", "socks5": "socks5h", "socks5h": "socks5h"}
_FORM = "Type it like http://user:password@host:port. Characters like / ? # in a password are written as %2F %3F %23."
_NO_HTTPS = "A proxy is reached by http or socks5. Instagram's own encryption goes through it unopened."
_NO_PORT = "Add the port at the end, like :8080."


@dataclass(frozen=True)
class Proxy:
    """A proxy as it is kept; `host` is the name or address that was typed."""

    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """Holds the password."""
        return self.at(self.host)

    def at(self, host: str) -> str:
        """The URL of the same proxy at another name or address; it holds the password."""
        login = ":".join(quote(part, safe="") for part in (self.user, self.password) if part)
        shown = f"[{host}]" if ":" in host else host
        return f"{self.scheme}://{login}{'@' if login else ''}{shown}:{self.port}"


@dataclass(frozen=True)
class ProxyReport:
    """What is shown of a proxy; only `has_credentials` is known where the key that sealed the rest is lost."""

    scheme: str | None
    host: str | None
    port: int | None
    has_credentials: bool

    @property
    def readable(self) -> bool:
        return self.host is not None


def parse(text: str) -> Proxy:
    """Raises PROXY_MALFORMED."""
    found = _URL.fullmatch(text.strip()) if len(text) <= LONGEST_URL else None
    if found is None:
        raise _refused("PROXY_MALFORMED", _FORM)
    scheme = _SCHEMES.get(found["scheme"].lower())
    if scheme is None:
        raise _refused("PROXY_MALFORMED", _NO_HTTPS)
    if found["port"] is None:
        raise _refused("PROXY_MALFORMED", _NO_PORT)
    user, _, password = (found["login"] or "").partition(":")
    proxy = Proxy(scheme, found["host"].strip("[]").lower(), int(found["port"]), unquote(user), unquote(password))
    if not _is_sound(proxy):
        raise _refused("PROXY_MALFORMED", _FORM)
    return proxy


def _is_sound(proxy: Proxy) -> bool:
    if not 0 < proxy.port <= _LAST_PORT or len(proxy.host) > _LONGEST_HOST:
        return False
    if ":" in proxy.host and not is_ipv6(proxy.host):
        return False
    if ":" in proxy.user or (proxy.password and not proxy.user):
        return False
    return all(
        len(part.encode()) <= _LONGEST_LOGIN and part.isprintable() and "\ufffd" not in part
        for part in (proxy.user, proxy.password)
    )


def checked(text: str) -> Proxy:
    """The proxy of a URL that a user typed. Raises PROXY_MALFORMED, PROXY_FORBIDDEN and PROXY_NOT_FOUND."""
    proxy = parse(text)
    _address(proxy.host)
    return proxy


def pinned(text: str) -> str:
    """The URL for a client: it names the address that was checked just now, so that no later answer of the resolver
    leads the client elsewhere. Raises what `checked` does.
    """
    proxy = parse(text)
    return proxy.at(_address(proxy.host))


def _address(host: str) -> str:
    """One of the host's. Raises PROXY_NOT_FOUND and PROXY_FORBIDDEN."""
    return addresses_of(host, not_found=_refused("PROXY_NOT_FOUND"), forbidden=_refused("PROXY_FORBIDDEN"))[0]


def _refused(name: str, message: str = "") -> BotException:
    problem = {"field": "proxy", "code": name, "message": message or BotException(name).message}
    return BotException(name, errors=[problem], delivered="no")


def report_of(text: str) -> ProxyReport:
    proxy = parse(text)
    return ProxyReport(proxy.scheme, proxy.host, proxy.port, bool(proxy.user))
