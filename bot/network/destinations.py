"""Hosts that this server may connect to when a user names them."""

from ipaddress import AddressValueError, IPv6Address
from typing import NamedTuple
from unicodedata import normalize

import idna

from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.network.addresses import is_loopback, is_public, resolver


def resolve_public(host: str, *, not_found: BotException, forbidden: BotException) -> list[str]:
    """Return the addresses of the host if all of them are allowed: public ones, or in the sandbox loopback ones.

    Raises `not_found` if there is none, and `forbidden` if one is not allowed.
    """
    if runtime().config.instagram_sandbox:
        # Not even a DNS query leaves the machine.
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


class Refusal(NamedTuple):
    """The words of a refusal, each None for those of the registry."""

    message: str | None = None
    remedy: str | None = None


def only_here(what: str) -> Refusal:
    """Return why the demo refuses a place on another machine. Outside the demo the words of the registry are true."""
    if not runtime().config.instagram_sandbox:
        return Refusal()
    message = f"{what} can only be on this machine in the demo, like 127.0.0.1. Anywhere else is refused."
    return Refusal(message, "Use one on this machine, or leave it out. The demo needs none.")


_OTHER_DOTS = frozenset("\u3002\uff0e\uff61")
OTHER_LETTERS = r"\u00a1-\U0010ffff"
"""Characters besides ASCII that a typed host may hold, for a class of a regular expression. `wire_host` reads them."""


def wire_host(typed: str) -> str:
    """Return the host as resolvers and certificates know it: in lower case, with other letters in punycode.

    The result is empty if there is no such form, as for signs that some parsers of URLs take for digits, letters or
    dots.
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
