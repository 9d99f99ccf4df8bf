"""Origin of a request, in a form that bot/ may use without HTTP."""

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True)
class Visitor:
    """Address and user agent of a request, as the web server saw them.

    `device` is the cookie that the device got at an earlier sign-in. It is empty if the request brings none.
    """

    ip: str
    user_agent: str
    device: str = ""

    @property
    def network(self) -> str:
        """Return the network that the throttle counts: the IPv4 address, or the /64 of an IPv6 address."""
        try:
            address = ipaddress.ip_address(self.ip)
        except ValueError:
            return self.ip[:64]
        if isinstance(address, ipaddress.IPv6Address):
            # A server that listens on IPv4 and IPv6 sees IPv4 addresses in this form.
            address = address.ipv4_mapped or address
        if isinstance(address, ipaddress.IPv4Address):
            return str(address)
        return str(ipaddress.ip_network((address, 64), strict=False))
