"""Where this server may connect to when a user names the host."""

from ipaddress import AddressValueError, IPv6Address

from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.network.addresses import is_loopback, is_public, resolver


def addresses_of(host: str, *, not_found: BotException, forbidden: BotException) -> list[str]:
    """Those of the host, when all of them are allowed: public ones, and in the sandbox those of this machine.

    Raises `not_found` where there is none, and `forbidden` where one is not allowed.
    """
    if runtime().config.instagram_sandbox:
        # No question leaves the machine either.
        addresses, allowed = ["127.0.0.1" if host == "localhost" else host], is_loopback
    else:
        try:
            addresses, allowed = list(resolver()(host)), is_public
        except OSError:
            addresses, allowed = [], is_public
    if not addresses:
        raise not_found
    if not all(allowed(address) for address in addresses):
        raise forbidden
    return addresses


def only_here(what: str) -> str | None:
    """Why a place that is not on this machine is refused in the demo; None outside it."""
    if not runtime().config.instagram_sandbox:
        return None
    return f"{what} can only be on this machine in the demo, like 127.0.0.1. Anywhere else is refused."


def is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True
