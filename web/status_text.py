"""The state of a bot and of its actions: whether it moves or heals, why it is held, how an action ended, the news."""

from bot.actions.control import Progress
from bot.automation.status import BotReport, VerdictReport
from bot.core.errors import registry
from bot.storage.models import Action
from web import action_text, labels

CHANGE = {"hours": "/settings/schedule", "limits": "/settings/limits"}
"""The page that changes the rule behind a wait."""
LINK_AGAIN = frozenset({"INSTAGRAM_LOGGED_OUT", "INSTAGRAM_CHALLENGE"})
"""Codes after which a session is surely over, so that a test would tell nothing new."""


def changes(report: BotReport) -> bool:
    """Return whether the bot's pages change within moments, so that polling pays."""
    return is_moving(report.verdict) or report.verdict.rule == "failure"


def heals(verdict: VerdictReport) -> bool:
    """Return whether the bot waits and goes on by itself."""
    return verdict.state == "waiting" and not verdict.who


def is_moving(verdict: VerdictReport) -> bool:
    return verdict.state == "acting" or verdict.reason in ("BETWEEN_STEPS", "LOOKING_UP")


_OUTCOMES = {"done": ("Done", "good"), "partly": ("Partly done", "warn"), "none": ("Failed", "bad")}


def end(progress: Progress) -> tuple[str, str]:
    """Return the result of an ended action as a word and its tone. It is green only if all was done."""
    if progress.action.status == "cancelled" or (progress.action.status == "failed" and progress.outcome == "none"):
        return labels.STATES[progress.action.status], labels.TONES.get(progress.action.status, "")
    return _OUTCOMES[progress.outcome or "none"]


def of(action: Action, report: BotReport) -> VerdictReport:
    """Return the verdict of one action. An action of another kind may go on meanwhile."""
    return report.orders.get(action.id, report.verdict)


def held(action: Action, report: BotReport) -> VerdictReport | None:
    """Return why an open action waits. None if it runs, is paused, or waits for its start time."""
    if action.status not in ("queued", "running") or action_text.starts_later(action):
        return None
    verdict = of(action, report)
    return None if is_moving(verdict) else verdict


def told(report: BotReport) -> bool:
    """Return whether the state of the bot already tells the last error."""
    return bool(report.last_error_message) and str(report.last_error_message) in report.verdict.message


def why(report: BotReport) -> str:
    """Return the code that explains the state of the bot best."""
    return (report.last_error_code if told(report) else None) or registry()[report.verdict.reason].code


def news(actions: list[Progress], report: BotReport) -> str:
    """Return the news for a screen reader: the end of an action or a halt, but not each step."""
    if actions and actions[0].action.finished_at:
        return _told_end(actions[0])
    return report.verdict.message if report.verdict.state == "halted" and actions else ""


def news_of_all(latest: Progress | None, report: BotReport) -> str:
    """Return the same of all actions: the end of the one that ended last, and why the bot is halted."""
    ended = _told_end(latest) if latest else ""
    halted = report.verdict.state == "halted" and report.verdict.reason != "NO_WORK"
    return " ".join(filter(None, (ended, report.verdict.message if halted else "")))


def _told_end(progress: Progress) -> str:
    return f"{end(progress)[0]}: {labels.title(progress.action)}. {action_text.counts(progress)}."
