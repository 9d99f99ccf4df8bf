"""Where this server may connect to when a user names the host."""

from ipaddress import AddressValueError, IPv6Address
from unicodedata import normalize

import idna

from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.network.addresses import is_loopback, is_public, resolver


def resolve_public(host: str, *, not_found: BotException, forbidden: BotException) -> list[str]:
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


_OTHER_DOTS = frozenset("\u3002\uff0e\uff61")
OTHER_LETTERS = r"\u00a1-\U0010ffff"
"""What a host may have beside ASCII in a class of a regular expression, until `wire_host` has read it."""


def wire_host(typed: str) -> str:
    """The host as resolvers and certificates know it: in lower case, and punycode where people write other letters.

    Empty where there is no such form, as for signs that some readers of addresses take for digits, letters or dots.
    """
    if typed.isascii():
        return typed.lower()
    if not _OTHER_DOTS.isdisjoint(typed):
        return ""
    try:
        return idna.encode(normalize("NFC", typed.lower())).decode()
    except idna.IDNAError:
        return ""


def is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True
