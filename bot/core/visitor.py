"""Where a request comes from."""

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True)
class Visitor:
    """Where a sign-in came from: address and user agent as the web server saw them.

    `device` is what the device was given when somebody signed in on it; empty where it brings nothing.
    """

    ip: str
    user_agent: str
    device: str = ""

    @property
    def network(self) -> str:
        """What the throttle counts by: the address, or the /64 of an IPv6 address."""
        try:
            address = ipaddress.ip_address(self.ip)
        except ValueError:
            return self.ip[:64]
        if isinstance(address, ipaddress.IPv6Address):
            # A server that listens on both kinds sees IPv4 addresses in this form.
            address = address.ipv4_mapped or address
        if isinstance(address, ipaddress.IPv4Address):
            return str(address)
        return str(ipaddress.ip_network((address, 64), strict=False))
