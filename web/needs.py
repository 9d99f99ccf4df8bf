"""The strip on top of Home: the one thing that waits for the user, with its button."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for
from markupsafe import Markup

from bot.automation.status import BotReport
from bot.core.errors import registry
from bot.messages.undecided import Undecided
from web import labels, panel, status_text

WORDS = {
    "NO_WORK": "New action",
    "ALL_PAUSED": "Open paused actions",
    "NO_WORKING_HOURS": "Set hours",
    "LIMIT_ZERO": "Change limits",
    "NOT_LINKED": "Connect account",
    "CODE_NEEDED": "Enter the code",
    "SESSION_INVALID": "Check connection",
    "INSTAGRAM_CONFIRM_IN_APP": "Check connection",
    "INSTAGRAM_CONSENT": "Check connection",
    "INSTAGRAM_SUSPENDED": "Check connection",
    "INSTAGRAM_LOGGED_OUT": "Connect again",
    "INSTAGRAM_CHALLENGE": "Connect again",
    "INSTAGRAM_ADDRESS_BLOCKED": "Change proxy",
    "INSTAGRAM_PROXY_FAILED": "Change proxy",
    "PROXY_NOT_FOUND": "Change proxy",
    "VAULT_REFUSED": "Check connection",
}
"""The words of the button that leads to the page at which the user does what the reason asks for."""
STARTED = frozenset({"BOT_STOPPED", "BLOCKED_AGAIN"})
"""Reasons that end when the user turns the bot on."""
_CALM = frozenset({"NO_WORK", "ALL_PAUSED", "BOT_STOPPED"})
"""Reasons that are the user's own choice, so they are no problem."""
# The banner of every page tells of these.
_IN_BANNER = frozenset({"KILL_SWITCH", "DATABASE_RESTORED", "INSTAGRAM_CLIENT_OUTDATED"})
# Nothing went wrong, and the bot panel says until when it lasts.
_USUAL = frozenset(
    {"STARTS_LATER", "NEXT_STEP_LATER", "WAITING_FOR_FACT", "OUTSIDE_HOURS", "LIMIT_REACHED", "CATCHING_UP"}
)


@dataclass(frozen=True)
class Need:
    """The strip. `tone` is `bad` if something stopped, `plain` if it heals by itself, empty for the next step.

    `text` says what happened, `more` what follows or what to do. The button leads to `href`; with `starts` it turns the
    bot on instead. `code` is that of the reason, for its article.
    """

    tone: str
    text: str
    more: Markup | str = ""
    href: str = ""
    word: str = ""
    starts: bool = False
    code: str | None = None


def need(report: BotReport, undecided: Sequence[Undecided]) -> Need | None:
    """Return what waits for the user, or None if nothing does. What stops the bot comes first."""
    return _of_bot(report) or _of_messages(undecided)


def _of_bot(report: BotReport) -> Need | None:
    verdict = report.verdict
    if verdict.reason in _IN_BANNER | _USUAL or status_text.is_moving(verdict):
        return None
    starts = verdict.reason in STARTED
    entry = registry()[verdict.reason]
    href, word = (entry.page or "", WORDS.get(entry.name, "")) if verdict.who == "user" or not starts else ("", "")
    if verdict.who == "admin":
        return Need("plain", verdict.message, "Your admin has to act.", code=status_text.why(report))
    if status_text.heals(verdict):
        more = Markup("No action needed. Resumes {}.").format(panel.due(verdict.until)) if verdict.until else ""
        return Need("plain", verdict.message, more, code=status_text.why(report))
    tone = "" if verdict.reason in _CALM else "bad"
    # The button of the calm ones says all that the remedy does.
    more = "" if verdict.reason in _CALM else verdict.remedy or ""
    return Need(tone, verdict.message, more, href, word, starts, status_text.why(report) if tone else None)


def _of_messages(undecided: Sequence[Undecided]) -> Need | None:
    if not undecided:
        return None
    count = sum(one.count for one in undecided)
    word = "It may or may not have arrived." if count == 1 else "They may or may not have arrived."
    href = url_for("web.actions.show", action_id=undecided[0].action_id)
    return Need("", f"{labels.number_of(count, 'message needs', 'messages need')} your decision.", word, href, "Decide")
