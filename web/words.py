"""What the pages call things: states, kinds and reasons that programs know by a name."""

from bot.accounts import Answer
from bot.actions import MOST_PER_ORDER, Progress
from bot.errors import find_code, registry
from bot.models import Action
from bot.status import BotReport

ACTIVITY = {
    "link": "Link account",
    "verify": "Enter code",
    "test": "Test session",
    "unlink": "Unlink account",
    "bot_start": "Start bot",
    "bot_stop": "Stop bot",
    "order": "Order",
    "action_paused": "Pause action",
    "action_running": "Resume action",
    "action_cancelled": "Cancel action",
    "follow": "Follow",
    "step": "Step",
}
RESULTS = {"done": "Done", "skipped": "Skipped", "failed": "Failed", "unknown": "Not known yet", "started": "Waiting"}
STATES = {
    "queued": "Queued",
    "running": "Running",
    "paused": "Paused",
    "succeeded": "Finished",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "pending": "To do",
    "working": "Working",
}
REASONS = {
    "already_followed": "Followed already",
    "already_handled": "Handled by an earlier action",
    "private": "Private account",
    "requested": "Asked to follow; they have to accept",
    "too_few_followers": "Too few followers",
    "too_many_followers": "Too many followers",
}
KINDS = {"follow": ("follow", "follows")}
RULES = {
    "ceiling": "the administrator's ceiling",
    "own": "your own limit",
    "default": "the default limit",
    "ramp": "the warm-up of a newly linked account",
}
FIELDS = {
    "username": "Username",
    "password": "Password",
    "email": "E-mail",
    "current_password": "Current password",
    "new_password": "New password",
    "repeat_password": "Repeat password",
    "code": "Code",
    "since": "Since",
    "hashtag": "Hashtag",
    "amount": "How many people",
    "filters.followers_min": "Followers, at least",
    "filters.followers_max": "Followers, at most",
}
WHO = {"user": "You", "admin": "Your administrator", "nobody": "Nobody: it passes by itself"}
WAITS = {"NO_WORK": ("Ready", "info"), "ALL_PAUSED": ("Paused", "info")}
HALTS = {
    "BOT_STOPPED": ("Stopped", "calm"),
    "NOT_LINKED": ("Not linked", "calm"),
    "CODE_NEEDED": ("Code needed", "warn"),
    "INSTAGRAM_CONFIRM_IN_APP": ("Needs you", "warn"),
}
# The pages have a button for what is to be done about these; a sentence beside it would only say so again.
_HAS_BUTTON = frozenset({"BOT_STOPPED", "NOT_LINKED", "NO_WORK", "CODE_NEEDED"})
TONES = {
    "done": "good",
    "succeeded": "good",
    "running": "good",
    "failed": "bad",
    "unknown": "warn",
    "paused": "warn",
    "started": "warn",
    "error": "bad",
    "critical": "bad",
    "warning": "warn",
}


def word(value: str | None, words: dict[str, str]) -> str:
    """The word for a name; a name that has none is shown as it is, so that nothing is hidden."""
    return words.get(value or "", (value or "").replace("_", " ").capitalize())


def badge(report: BotReport) -> tuple[str, str]:
    """The state of a bot in a word, and its tone. Pausing between two steps is how a bot works, not a wait."""
    verdict = report.verdict
    if verdict.state == "acting" or verdict.reason == "BETWEEN_STEPS":
        return "Working", "good"
    if verdict.state == "waiting":
        return WAITS.get(verdict.reason, ("Waiting", "warn"))
    return HALTS.get(verdict.reason, ("Needs you", "bad"))


def changes(report: BotReport) -> bool:
    """Whether the bot's pages change by themselves within moments, so that it is worth looking again."""
    return report.verdict.state == "acting" or report.verdict.reason == "BETWEEN_STEPS"


def state(action: Action, report: BotReport) -> tuple[str, str]:
    """The state of an order in a word, and its tone; one that is open moves only while the bot does."""
    if action.status not in ("queued", "running") or changes(report):
        return word(action.status, STATES), TONES.get(action.status, "")
    return ("Waiting" if report.verdict.state == "waiting" else "On hold"), "warn"


def remedy(report: BotReport) -> str:
    """What a person can do about the state of the bot, where no button beside it says so."""
    return "" if changes(report) or report.verdict.reason in _HAS_BUTTON else report.verdict.remedy or ""


def here(text: str) -> str:
    """A remedy as it is read on the Automation page itself."""
    return text.replace(" on the Automation page", " here")


def told(report: BotReport) -> bool:
    """Whether the state of the bot already says what the last error was."""
    return bool(report.last_error_message) and str(report.last_error_message) in report.verdict.message


def why(report: BotReport) -> str:
    """The code that explains the state of the bot best."""
    return (report.last_error_code if told(report) else None) or registry()[report.verdict.reason].code


def is_well(report: BotReport) -> bool:
    """Whether the bot goes on by itself as usual, so that its last error is of the past."""
    return report.verdict.state != "halted" and report.verdict.reason != "COOL_DOWN"


def meaning(code: str) -> str:
    """What a code says has happened; those that nobody foresaw share one sentence."""
    return (find_code(code) or registry()["INTERNAL"]).description


def amount_hint(report: BotReport) -> str:
    """How many people an order may be for, and how many a day it then gets to."""
    a_day = next(limit.effective for limit in report.limits if limit.kind == "follow")
    return f"At most {MOST_PER_ORDER} an order. Your limit is {a_day} a day."


def title(action: Action) -> str:
    """An order in a few words."""
    people = "1 person" if action.total == 1 else f"{action.total} people"
    return f"Follow {people} from #{action.params['hashtag']}"


def counts(progress: Progress) -> str:
    """How far an order is; parts that are nothing are left out, but what was done never is."""
    parts = [
        (progress.done, "followed"),
        (progress.skipped, "skipped"),
        (progress.failed, "failed"),
        (progress.unknown, "not known yet"),
        (progress.pending, "not done" if progress.action.finished_at else "to go"),
    ]
    return " · ".join(f"{count} {name}" for count, name in parts if count or name == "followed")


def filters(action: Action) -> list[str]:
    """The filters of an order that leave somebody out."""
    chosen = action.params.get("filters", {})
    smallest, largest = chosen.get("followers_min"), chosen.get("followers_max")
    said = [
        f"at least {smallest:,} followers" if smallest is not None else "",
        f"at most {largest:,} followers" if largest is not None else "",
        "no private accounts" if chosen.get("skip_private") else "private accounts too",
    ]
    return [text for text in said if text]


def news(actions: list[Progress], report: BotReport) -> str:
    """What a screen reader is told when it changes: the end of an order, or a halt; not each step."""
    if report.verdict.state == "halted" and actions:
        return report.verdict.message
    if actions and actions[0].action.finished_at:
        latest = actions[0]
        return f"{word(latest.action.status, STATES)}: {title(latest.action)}. {counts(latest)}."
    return ""


def answered(answer: Answer) -> tuple[str, str]:
    """What a person is told when the worker has ended what they asked for, and its tone."""
    if answer.result.get("requires_verification"):
        return "Instagram wants one more thing before it lets you in.", "info"
    if not answer.result.get("session_valid"):
        return f"Your Instagram session works no more. {_why(answer)}", "bad"
    return _ENDED[answer.kind], "good"


_ENDED = {
    "link": "Your Instagram account is linked.",
    "verify": "The code was right: your Instagram account is linked.",
    "test": "Your Instagram session works.",
}


def _why(answer: Answer) -> str:
    entry = find_code(str(answer.result.get("error")))
    return f"{entry.description} {here(entry.remedy)}" if entry else ""
