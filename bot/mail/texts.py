"""Texts of the mails: a subject and a plain text each, complete without the pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.config.runtime import runtime
from bot.core.errors import ErrorCode
from bot.core.user_agents import described
from bot.core.visitor import Visitor
from bot.storage.models.values import ANSWER_EVENTS, AlertEvent

Words = tuple[str, str]
_FOOT = "Troupe at {address}\n"


def _words(subject: str, *paragraphs: str) -> Words:
    return subject, "\n\n".join([*filter(None, paragraphs), "-- \n" + _FOOT.format(address=runtime().config.address)])


def _link(path: str, token: str) -> str:
    return f"{runtime().config.address}/{path}/{token}"


def _moment(at: datetime) -> str:
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def _where(visitor: Visitor) -> str:
    """Return address and device. The visitor chooses the user agent, and readers would take it for our words, so ours
    describe it.
    """
    return f"{visitor.ip or 'an unknown address'}, {described(visitor.user_agent)}"


def _seen(at: datetime, visitor: Visitor) -> str:
    """Return the time and origin of an act."""
    return f"  at      {_moment(at)}\n  from    {_where(visitor)}"


def reset(username: str, token: str, ip: str) -> Words:
    return _words(
        "Choose a new password",
        f"Someone, we hope you, asked for a new password for {username}. Open this to choose one:",
        f"  {_link('reset-password', token)}",
        "The link works once, for 30 minutes. A newer e-mail like this one replaces it.",
        f"If it was not you, no action is needed: your password stays as it is. The request came from {ip}.",
    )


def reset_by_admin(username: str, token: str) -> Words:
    return _words(
        "Choose a new password",
        f"Your admin asks you to choose a new password for {username}. Open this to do so:",
        f"  {_link('reset-password', token)}",
        "The link works once, for 30 minutes. A newer e-mail like this one replaces it.",
        "Until you do, your password stays as it is. Only you will know the new one.",
    )


def password_reset(username: str, at: datetime, visitor: Visitor) -> Words:
    return _words(
        "Your password was changed",
        f"The password of {username} was changed with the link of an e-mail, and every sign-in has ended:",
        _seen(at, visitor),
        "If that was you, sign in with the new password. If it was not, someone can read your e-mails. Change the "
        "password of your mailbox first, then choose a new one here, and tell your admin:",
        f"  {runtime().config.address}/forgot-password",
    )


def password_changed(username: str, at: datetime, visitor: Visitor) -> Words:
    return _words(
        "Your password was changed",
        f"Someone who knew the password of {username} changed it, and every other sign-in has ended:",
        _seen(at, visitor),
        "If that was you, no action is needed. If it was not, choose a new password now, and tell your admin:",
        f"  {runtime().config.address}/forgot-password",
    )


def second_factor_changed(username: str, on: bool, at: datetime, visitor: Visitor) -> Words:
    state = "on" if on else "off"
    return _words(
        f"Your second factor was turned {state}",
        f"The second factor of {username} was turned {state}, and every other sign-in has ended:",
        _seen(at, visitor),
        "If that was you, no action is needed. If it was not, choose a new password now, and tell your admin:",
        f"  {runtime().config.address}/forgot-password",
    )


def second_factor_reset(username: str, at: datetime) -> Words:
    return _words(
        "Your second factor was turned off",
        f"Your admin turned off the second factor of {username} on {_moment(at)}, as for people who have lost theirs, "
        "and every sign-in has ended.",
        "The password alone signs you in now. Sign in and set up a new second factor:",
        f"  {runtime().config.address}/settings/second-factor",
        "If you have not lost it and did not ask for this, tell your admin now.",
    )


def recovery_code_used(username: str, at: datetime, visitor: Visitor) -> Words:
    return _words(
        "A recovery code was used",
        f"A recovery code of {username} was used in place of the authenticator app:",
        _seen(at, visitor),
        "If that was you, make new codes in the settings before they run out. If it was not, choose a new password "
        "now, make new recovery codes, and tell your admin:",
        f"  {runtime().config.address}/settings/second-factor",
    )


def register(username: str, token: str, ip: str) -> Words:
    return _words(
        "Finish your registration",
        f"Someone, we hope you, registered as {username} with this address. Open this to finish:",
        f"  {_link('verify-email', token)}",
        "The link works once, for a day, and asks for the password that you chose.",
        f"If it was not you, do not open it, and no user is created. The request came from {ip}.",
    )


def address_taken(username: str, ip: str) -> Words:
    return _words(
        "Someone tried to register with your address",
        f"Someone tried to register with this address, which already belongs to {username} here. Nothing has changed.",
        "If it was you and you forgot your password, choose a new one:",
        f"  {runtime().config.address}/forgot-password",
        f"If it was not you, no action is needed. The attempt came from {ip}.",
    )


def verify_address(username: str, token: str) -> Words:
    return _words(
        "Verify your e-mail address",
        f"This address was entered for {username}. Open this to confirm that it is yours:",
        f"  {_link('verify-email', token)}",
        "The link works once, for a day. E-mails for a new password go only to verified addresses.",
        f"If you do not know {username}, no action is needed: the address does not count until the link is opened.",
    )


def email_changed(username: str, at: datetime, visitor: Visitor) -> Words:
    return _words(
        "Your e-mail address was changed",
        f"The e-mail address of {username} was changed, so this is the last e-mail to the old one:",
        _seen(at, visitor),
        "If that was you, no action is needed. If it was not, sign in and change your password now, then change the "
        "address back. If you cannot sign in any more, ask your admin.",
    )


def email_set(username: str, at: datetime) -> Words:
    return _words(
        "Your e-mail address was changed",
        f"Your admin has changed the e-mail address of {username}, so this is the last e-mail to the old one:",
        f"  at      {_moment(at)}",
        "If you did not ask for it, ask your admin why.",
    )


def fault(code: str, entry: ErrorCode, fields: Mapping[str, Any], at: datetime) -> Words:
    """Return the mail to the operator about a line of the log, without anybody's data."""
    named = ("exception", "file", "line", "chain", "sqlstate", "sqlite_error", "errno", "tls_reason", "smtp_code")
    about = ("severity", "module", "action", "user_id", "action_id", "request_id", "task_id")
    facts = [(name, fields[name]) for name in (*about, *named) if fields.get(name) is not None]
    return _words(
        f"A fault: {code}",
        f"{entry.description} {entry.remedy}",
        "\n".join([f"  {'at':<13}{_moment(at)}", *(f"  {name:<13}{_plain(value)}" for name, value in facts)]),
        f"About this code:\n\n  {runtime().config.address}/help/errors/{code}" if code.startswith("E-") else "",
        "Search the log for the request id to see everything about it. For an hour you get no other e-mail about this "
        "code.",
    )


def _plain(value: object) -> str:
    return " < ".join(map(str, value)) if isinstance(value, list) else str(value)


_ALERTS: dict[AlertEvent, tuple[str, str]] = {
    "test": ("A test notification", "You asked for a test. Notifications about your bot reach you at this address."),
    "session_ended": ("Your bot has stopped", "Instagram ended the session of your account, so your bot has stopped."),
    "blocked": ("Instagram blocked your bot", "Instagram blocked an action of your bot for a while."),
    "answer_stop": (
        "Someone asked not to be contacted",
        "Someone asked not to be contacted, and your bot obeys.",
    ),
    "answer_positive": ("A positive answer", "Someone answered your bot with one of your positive words."),
    "answer": ("An answer", "Someone answered a message of your bot."),
    "reminder": (
        "Your bot waits for you",
        "Your admin reminds you: your bot waits for something that only you can do.",
    ),
}


def alert(event: AlertEvent, entry: ErrorCode | None, origin: Mapping[str, str]) -> Words:
    """Return the mail to a user about their bot. `origin` has the ids of the request and the action."""
    subject, happened = _ALERTS[event]
    address = runtime().config.address
    known = {"code": entry.code, **origin} if entry else origin
    ids = [f"  {name:<13}{value}" for name, value in known.items()]
    return _words(
        subject,
        happened,
        f"{entry.description} {entry.remedy}" if entry else "",
        f"  {address}{entry.page or '/'}" if entry else "",
        f"What they wrote is in your inbox:\n\n  {address}/inbox" if event in ANSWER_EVENTS else "",
        "\n".join(["Details:", *ids]) if ids else "",
        f"To stop these e-mails, remove the e-mail channel:\n\n  {address}/settings/notifications",
    )


def reminder(username: str, entry: ErrorCode) -> Words:
    """Return the mail to a user without a channel of mail whose bot waits for them."""
    subject, happened = _ALERTS["reminder"]
    return _words(
        subject,
        f"Hello {username},",
        happened,
        f"{entry.description} {entry.remedy}",
        f"Sign in and do that here:\n\n  {runtime().config.address}{entry.page or '/'}",
        f"Details:\n\n  code         {entry.code}",
    )


def new_device(username: str, at: datetime, visitor: Visitor) -> Words:
    return _words(
        "A sign-in on a new device",
        f"Someone, we hope you, signed in as {username} with a new program or from a new network:",
        _seen(at, visitor),
        "If that was you, no action is needed. If it was not, choose a new password now, which ends every sign-in:",
        f"  {runtime().config.address}/forgot-password",
    )


@dataclass(frozen=True)
class DigestNews:
    """Sentences about what was done in the last day, and about what needs the user."""

    done: Sequence[str]
    needs: Sequence[str]


def digest(username: str, news: DigestNews) -> Words:
    address = runtime().config.address
    subject = "Your bot needs you" if news.needs else "Your bot's last day"
    return _words(
        subject,
        f"The last 24 hours of {username}.",
        _listed("Needs you", news.needs),
        _listed("Done", news.done),
        f"Look at it:\n\n  {address}/",
        f"To stop this e-mail, turn off the daily digest:\n\n  {address}/settings/notifications",
    )


def _listed(title: str, sentences: Sequence[str]) -> str:
    return "\n".join([f"{title}:", *(f"  - {sentence}" for sentence in sentences)]) if sentences else ""
