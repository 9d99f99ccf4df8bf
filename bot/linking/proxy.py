"""The proxy of an Instagram account: parsing of its URL, and the address that a client may connect to."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from bot.core.errors import BotException
from bot.network.destinations import OTHER_LETTERS, is_ipv6, only_here, resolve_public, wire_host

MAX_URL = 500
_MAX_HOST, _MAX_LOGIN, _LAST_PORT = 253, 255, 65535
_HOST, _PORT = rf"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.{OTHER_LETTERS}_-]+)", r"(?P<port>[0-9]{1,5})"
_FLAGS = re.IGNORECASE | re.ASCII
_URL = re.compile(rf"(?:(?P<login>[^\s/?#]*)@)?{_HOST}(?::{_PORT})?/?", _FLAGS)
_SCHEME = re.compile(r"([a-z0-9]+)://(.*)", _FLAGS | re.DOTALL)
_LOGIN = r"(?P<user>[^:@\s]*):(?P<password>\S*)"
# The forms of sellers' lists.
_SOLD = [re.compile(form, _FLAGS) for form in (rf"{_HOST}:{_PORT}[:@]{_LOGIN}", rf"{_LOGIN}:{_HOST}:{_PORT}")]
# Of several parts between colons, only this is surely the host.
_SURE_HOST = re.compile(
    rf"localhost|[0-9]+(?:\.[0-9]+){{3}}|\[.*\]|(?:[a-z0-9{OTHER_LETTERS}_-]+\.)+[a-z{OTHER_LETTERS}]"
    rf"[a-z0-9{OTHER_LETTERS}-]+",
    _FLAGS,
)
# The proxy resolves host names, whichever of the two schemes is typed.
_SCHEMES = {"http": "http", "socks5": "socks5h", "socks5h": "socks5h"}
_FORM = (
    "Type it like http://user:password@host:port or host:port:user:password. In the first form write characters "
    "like / ? # of a password as %2F %3F %23."
)
_TWO_WAYS = "This can be read in two ways. Type it like http://user:password@host:port."
_NO_HTTPS = "A proxy is reached by http or socks5. Instagram's own encryption goes through it unopened."
_NO_PORT = "Add the port at the end, like :8080."
_WRONG_PORT = f"The port is a number from 1 to {_LAST_PORT}."


@dataclass(frozen=True)
class Proxy:
    """A proxy as it is stored. `host` is the typed name or address."""

    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """The URL, which holds the password."""
        return self.at(self.host)

    def at(self, host: str) -> str:
        """Return the URL of the proxy at another name or address. It holds the password."""
        login = ":".join(quote(part, safe="") for part in (self.user, self.password) if part)
        shown = f"[{host}]" if ":" in host else host
        return f"{self.scheme}://{login}{'@' if login else ''}{shown}:{self.port}"


@dataclass(frozen=True)
class ProxyReport:
    """The parts of a proxy that may be shown. If the key that sealed it is lost, only `has_credentials` is known."""

    scheme: str | None
    host: str | None
    port: int | None
    has_credentials: bool

    @property
    def readable(self) -> bool:
        return self.host is not None


def parse_proxy(text: str) -> Proxy:
    """Return the proxy of a URL, or of a line from a seller's list. Without a scheme it is an http proxy.

    Raises PROXY_MALFORMED.
    """
    if len(text) > MAX_URL:
        raise _refused("PROXY_MALFORMED", _FORM)
    named = _SCHEME.fullmatch(text.strip())
    scheme = _SCHEMES.get(named[1].lower()) if named else "http"
    if scheme is None:
        raise _refused("PROXY_MALFORMED", _NO_HTTPS)
    typed = named[2] if named else _in_one_line(text)
    url = _URL.fullmatch(typed)
    # A whole URL has one meaning, whatever its password looks like.
    found = [_of_url(scheme, url)] if named and url else _readings(scheme, typed, url)
    sound = {proxy for proxy in found if _is_sound(proxy)}
    if len(sound) == 1:
        return sound.pop()
    if url and url["port"] is None and not sound:
        raise _refused("PROXY_MALFORMED", _NO_PORT)
    if found and not any(0 < proxy.port <= _LAST_PORT for proxy in found):
        raise _refused("PROXY_MALFORMED", _WRONG_PORT)
    raise _refused("PROXY_MALFORMED", _TWO_WAYS if sound else _FORM)


def _in_one_line(text: str) -> str:
    """Join columns of a table, which spaces or tabs separate."""
    columns = text.split()
    return ":".join(columns) if len(columns) in (2, 4) and "@" not in text else text.strip()


def _readings(scheme: str, typed: str, url: re.Match[str] | None) -> list[Proxy]:
    found = [_of_url(scheme, url)] if url and (url["login"] or _SURE_HOST.fullmatch(url["host"])) else []
    sold = [match for form in _SOLD if (match := form.fullmatch(typed)) and _SURE_HOST.fullmatch(match["host"])]
    return found + [_proxy(scheme, match, match["user"], match["password"]) for match in sold]


def _of_url(scheme: str, url: re.Match[str]) -> Proxy:
    user, _, password = (url["login"] or "").partition(":")
    return _proxy(scheme, url, unquote(user), unquote(password))


def _proxy(scheme: str, found: re.Match[str], user: str, password: str) -> Proxy:
    return Proxy(scheme, wire_host(found["host"].strip("[]")), int(found["port"] or 0), user, password)


def _is_sound(proxy: Proxy) -> bool:
    if not 0 < proxy.port <= _LAST_PORT or not 0 < len(proxy.host) <= _MAX_HOST:
        return False
    if ":" in proxy.host and not is_ipv6(proxy.host):
        return False
    if ":" in proxy.user or (proxy.password and not proxy.user):
        return False
    return all(
        len(part.encode()) <= _MAX_LOGIN and part.isprintable() and "\ufffd" not in part
        for part in (proxy.user, proxy.password)
    )


def check_proxy(text: str) -> Proxy:
    """Return the proxy of a URL that a user typed. Raises PROXY_MALFORMED, PROXY_FORBIDDEN and PROXY_NOT_FOUND."""
    proxy = parse_proxy(text)
    _address(proxy.host)
    return proxy


def pinned(text: str) -> str:
    """Return the URL for a client with the address that was just checked. Raises the errors of `check_proxy`.

    So no later answer of the resolver can lead the client elsewhere.
    """
    proxy = parse_proxy(text)
    return proxy.at(_address(proxy.host))


def _address(host: str) -> str:
    """Return one address of the host. Raises PROXY_NOT_FOUND and PROXY_FORBIDDEN."""
    forbidden = _refused("PROXY_FORBIDDEN", *only_here("A proxy"))
    return resolve_public(host, not_found=_refused("PROXY_NOT_FOUND"), forbidden=forbidden)[0]


def _refused(name: str, message: str | None = None, remedy: str | None = None) -> BotException:
    problem = {"field": "proxy", "code": name, "message": message or BotException(name).message}
    return BotException(name, message, remedy=remedy, errors=[problem], delivered="no")


def report_of(text: str) -> ProxyReport:
    proxy = parse_proxy(text)
    return ProxyReport(proxy.scheme, proxy.host, proxy.port, bool(proxy.user))
