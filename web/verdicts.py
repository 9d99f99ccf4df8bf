"""The state of a bot in words: its badge, what a person can do about it, and what is news."""

from bot.actions.control import Progress
from bot.automation.status import BotReport, VerdictReport
from bot.config import runtime
from bot.core.errors import registry
from bot.storage.models import ENDED, Action
from web import phrases, words

BADGES = {
    "ACTING": ("Working", "good"),
    "BETWEEN_STEPS": ("Working", "good"),
    "STARTS_LATER": ("Planned", "info"),
    "OUTSIDE_HOURS": ("Off duty", "calm"),
    "LIMIT_REACHED": ("Limit reached", "warn"),
    "COOL_DOWN": ("Resting", "warn"),
    "LOOKING_UP": ("Looking up", "info"),
    "NO_WORK": ("Ready", "info"),
    "ALL_PAUSED": ("Paused", "info"),
    "BOT_STOPPED": ("Stopped", "calm"),
    "BLOCKED_AGAIN": ("Blocked", "bad"),
    "NO_WORKING_HOURS": ("No hours", "warn"),
    "LIMIT_ZERO": ("Limit is 0", "warn"),
    "NOT_LINKED": ("Not linked", "calm"),
    "CODE_NEEDED": ("Code needed", "warn"),
    "SESSION_INVALID": ("Needs you", "bad"),
    "INSTAGRAM_CONFIRM_IN_APP": ("Needs you", "warn"),
    "INSTAGRAM_LOGGED_OUT": ("Needs you", "bad"),
    "INSTAGRAM_CHALLENGE": ("Needs you", "bad"),
    "INSTAGRAM_CONSENT": ("Needs you", "bad"),
    "INSTAGRAM_SUSPENDED": ("Suspended", "bad"),
    "VAULT_REFUSED": ("Needs help", "bad"),
    "KILL_SWITCH": ("All bots stopped", "warn"),
    "DATABASE_RESTORED": ("All bots held", "warn"),
    "CATCHING_UP": ("Catching up", "info"),
    "USER_DISABLED": ("Disabled", "bad"),
}
"""A word and a tone for every reason. Pausing between two steps is how a bot works, not a wait."""
WHO_ACTS = {"user": "Your turn", "admin": "Your administrator has to act", "nobody": "Nobody has to act"}
CHANGE = {"hours": "/settings#hours", "limits": "/settings#limits", "automation": "/automation#actions"}
"""Where the rule behind a wait can be changed."""
LINK_AGAIN = frozenset({"INSTAGRAM_LOGGED_OUT", "INSTAGRAM_CHALLENGE"})
"""Where a session is over for certain, so that testing it would tell nothing new."""
# The Automation page has a button for what is to be done about these; a sentence beside it would only say so again.
_HAS_BUTTON = frozenset({"BOT_STOPPED", "NOT_LINKED", "NO_WORK", "CODE_NEEDED"})


def badge(report: BotReport) -> tuple[str, str]:
    """The state of a bot in a word, and its tone."""
    verdict = report.verdict
    waits = verdict.state == "waiting" and not verdict.who
    return BADGES.get(verdict.reason, ("Trying again", "warn") if waits else ("Needs help", "bad"))


def changes(report: BotReport) -> bool:
    """Whether the bot's pages change by themselves within moments, so that it is worth looking again."""
    return is_moving(report.verdict) or report.verdict.rule == "failure"


def is_moving(verdict: VerdictReport) -> bool:
    return verdict.state == "acting" or verdict.reason in ("BETWEEN_STEPS", "LOOKING_UP")


_OUTCOMES = {"done": ("Done", "good"), "partly": ("Partly done", "warn"), "none": ("Nothing done", "warn")}


def end(progress: Progress) -> tuple[str, str]:
    """What came of an action that has ended, in a word, and its tone: nothing that was not done is green."""
    if progress.action.status == "cancelled" or (progress.action.status == "failed" and progress.outcome == "none"):
        return words.STATES[progress.action.status], words.TONES.get(progress.action.status, "")
    return _OUTCOMES[progress.outcome or "none"]


def state(progress: Progress, report: BotReport) -> tuple[str, str]:
    """The state of an order in a word, and its tone; one that is open moves only while the bot does."""
    action = progress.action
    if action.status in ENDED:
        return end(progress)
    if action.status not in ("queued", "running"):
        return words.word(action.status, words.STATES), words.TONES.get(action.status, "")
    if phrases.starts_later(action):
        return "Planned", "info"
    verdict = held(action, report)
    if verdict is None:
        return words.word(action.status, words.STATES), words.TONES.get(action.status, "")
    return ("Waiting" if verdict.state == "waiting" else "On hold"), "warn"


def of(action: Action, report: BotReport) -> VerdictReport:
    """What holds up one order; another kind of order may go on meanwhile."""
    return report.orders.get(action.id, report.verdict)


def held(action: Action, report: BotReport) -> VerdictReport | None:
    """Why an open order does not go on; None of one that does, is paused, or awaits the start that was asked for."""
    if action.status not in ("queued", "running") or phrases.starts_later(action):
        return None
    verdict = of(action, report)
    return None if is_moving(verdict) else verdict


def is_due(report: BotReport) -> bool:
    """Whether the next step of an order is not awaiting its time; a chore may come before it."""
    return report.next_step_at is not None and report.next_step_at <= runtime.now()


def waits_until(report: BotReport) -> bool:
    """Whether the wait ends at another time than the next step is due, so that both are worth telling."""
    return report.verdict.until is not None and report.verdict.until != report.next_step_at


def remedy(report: BotReport) -> str:
    """What a person can do about the state of the bot, where no button beside it says so."""
    return "" if is_moving(report.verdict) or report.verdict.reason in _HAS_BUTTON else report.verdict.remedy or ""


def told(report: BotReport) -> bool:
    """Whether the state of the bot already says what the last error was."""
    return bool(report.last_error_message) and str(report.last_error_message) in report.verdict.message


def why(report: BotReport) -> str:
    """The code that explains the state of the bot best."""
    return (report.last_error_code if told(report) else None) or registry()[report.verdict.reason].code


def is_well(report: BotReport) -> bool:
    """Whether the bot goes on by itself as usual, so that its last error is of the past."""
    return report.verdict.state != "halted" and report.verdict.reason != "COOL_DOWN"


def news(actions: list[Progress], report: BotReport) -> str:
    """What a screen reader is told when it changes: the end of an order, or a halt; not each step."""
    if actions and actions[0].action.finished_at:
        latest = actions[0]
        return f"{end(latest)[0]}: {words.title(latest.action)}. {phrases.counts(latest)}."
    return report.verdict.message if report.verdict.state == "halted" and actions else ""
