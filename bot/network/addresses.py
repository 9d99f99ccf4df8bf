"""Resolution of hosts, and the split of the public internet from all other addresses."""

import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, current_app

_EXTENSION = "troupe.resolver"

Resolver = Callable[[str], Sequence[str]]
"""Returns the addresses of a host as text, the preferred one first. Raises OSError if there are none."""
# The system's resolver has no timeout of its own, and a person or a lane waits meanwhile. The figure is ours.
RESOLVE_SECONDS = 5.0
_PUBLIC_IPV6 = ip_network("2000::/3")
# Some versions of Python call these networks global. They lead to a translator, a tunnel, documentation, or the host of
# a cloud's own machines.
_NOT_PUBLIC = [
    ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "2001::/23", "2002::/16", "3fff::/20")
]


def system_resolver(host: str) -> list[str]:
    """Return the addresses that the machine itself would connect to. Raises OSError, also after RESOLVE_SECONDS."""
    pool = ThreadPoolExecutor(1)
    try:
        found = pool.submit(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM).result(RESOLVE_SECONDS)
    except UnicodeError:
        raise OSError("this is no name of a host") from None
    finally:
        pool.shutdown(wait=False)
    return [str(address[0]) for *_, address in found]


def is_public(text: str) -> bool:
    """Return whether this is an address of the public internet."""
    address = _read(text)
    if address is None or not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if address.version == 6 and address not in _PUBLIC_IPV6:
        return False
    return not any(address in network for network in _NOT_PUBLIC)


def is_loopback(text: str) -> bool:
    """Return whether this is a loopback address, in its plain form. Versions of Python differ on wrapped ones."""
    address = _read(text)
    return address is not None and address.is_loopback and getattr(address, "ipv4_mapped", None) is None


def is_local(host: str) -> bool:
    """Return whether this is a name or an address of the machine itself, with or without a port."""
    name = urlsplit(f"//{host}").hostname or ""
    return name == "localhost" or is_loopback(name)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def init_resolver(app: Flask, resolve: Resolver) -> None:
    app.extensions[_EXTENSION] = resolve


def resolver() -> Resolver:
    """Return the resolver of the current app."""
    return cast(Resolver, current_app.extensions[_EXTENSION])
