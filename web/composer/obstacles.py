"""Reasons to refuse an action, told before the user fills the form."""

from dataclasses import dataclass

from bot.actions.control import count_actions
from bot.actions.placing import MAX_OPEN
from bot.automation.status import BotReport
from bot.decision.kinds import STEP_KIND
from middleware.access import me
from web import labels


@dataclass(frozen=True)
class Obstacle:
    """A reason why no action can start now, and its one button: a link, or, without `href`, a step of the form."""

    what: str
    then: str
    button: str
    href: str | None = None
    formaction: str | None = None


def obstacle(kind: str, report: BotReport) -> Obstacle | None:
    """Return what has to be done before an action of this kind can start. None: it can start."""
    if not report.linked:
        return Obstacle(
            "No Instagram account is connected.",
            "Connect one, then start your first action.",
            "Connect account",
            href="/settings/connection",
        )
    if report.verification and not report.session_valid:
        return Obstacle(
            "Instagram wants to know that it is you.",
            "Confirm it, then start the action.",
            "Confirm",
            href="/settings/connection",
        )
    if not report.session_valid:
        return Obstacle(
            "Your Instagram account is disconnected.",
            "Sign in again, then start the action.",
            "Sign in again",
            href="/settings/connection",
        )
    if not report.bot_running:
        return Obstacle(
            "Your bot is off.",
            "Turn it on to start an action. What you typed stays.",
            "Turn on the bot",
            formaction="/actions/new/turn-on",
        )
    # The steps of a plan are chosen in the form.
    return (_limit(kind, report) if kind in STEP_KIND else None) or _too_many()


def _limit(kind: str, report: BotReport) -> Obstacle | None:
    limit = next(one for one in report.limits if one.kind == STEP_KIND[kind])
    if limit.effective:
        return None
    many = labels.KINDS[limit.kind][1]
    if limit.binding == "ceiling":
        return Obstacle(
            f"Your admin allows no {many}.",
            "Only your admin can change that.",
            "See your limits",
            href="/settings/limits",
        )
    return Obstacle(
        f"Your limit is 0 {many} a day.",
        "Raise it, then start the action.",
        "Change limits",
        href="/settings/limits",
    )


def _too_many() -> Obstacle | None:
    if count_actions(me().id)["open"] < MAX_OPEN:
        return None
    return Obstacle(
        f"You have {MAX_OPEN} open actions, the most at one time.",
        "Wait until one ends, or cancel one.",
        "Your actions",
        href="/actions",
    )
