"""An order in words: what it is, how far, whom it leaves out, when it starts and how it comes again."""

from collections.abc import Iterable
from typing import Any

from bot.actions.control import Progress
from bot.actions.filters import Filters
from bot.actions.placing import MAX_PER_ACTION
from bot.actions.recurrence import Repeat
from bot.auth.session_list import CleanUp
from bot.automation.status import BotReport
from bot.config import runtime
from bot.decision.kinds import DOING, OF_POSTS, STEP_KIND
from bot.storage.models import Action
from web import words


def amount_hint(report: BotReport, kind: str) -> str:
    """How much an order may be for, and how much a day it then gets to."""
    limit = next(limit for limit in report.limits if limit.kind == STEP_KIND[kind])
    return f"At most {MAX_PER_ACTION} an order. Your limit is {limit.effective} a day."


def doing(kind: str) -> str:
    """What a step of this kind is, as in: the next step, following people, is at noon."""
    return DOING[kind]


def did(action: Action) -> str:
    """What was done to the targets of an order, in one word."""
    return words.DID[STEP_KIND[action.kind]]


def whom(action: Action) -> str:
    """What the targets of an order are."""
    return "Posts" if action.kind in OF_POSTS else "People"


def tally(progress: Progress) -> list[tuple[str, int, str]]:
    """The parts that the targets of an order fall into: name, count and word.

    Of people listed in the order those left out are a part; of an amount asked for they are not.
    """
    action = progress.action
    parts = [
        ("done", progress.done, did(action)),
        ("failed", progress.failed, "failed"),
        ("unknown", progress.unknown, "not known yet"),
        ("pending", progress.pending, "not done" if action.finished_at else "to go"),
    ]
    return [*parts[:1], ("skipped", progress.skipped, "left out"), *parts[1:]] if action.listed else parts


def counts(progress: Progress) -> str:
    """How far an order is; parts that are nothing are left out, but what was done never is."""
    parts = [(name, count, text) for name, count, text in tally(progress) if count or name == "done"]
    if progress.skipped and not progress.action.listed:
        parts.append(("skipped", progress.skipped, "left out"))
    return " · ".join(f"{count} {text}" for _, count, text in parts)


def skips(progress: Progress) -> list[tuple[str, int]]:
    """Why targets were left out, the most frequent reason first."""
    found = sorted(progress.skips.items(), key=lambda item: (-item[1], item[0]))
    return [(words.word(reason, words.REASONS), count) for reason, count in found]


def starts_later(action: Action) -> bool:
    """Whether an order waits for its time."""
    return bool(action.start_at and not action.finished_at and action.start_at > runtime.now())


def repeats(action: Action) -> str:
    """How often an order comes again, in words; empty where it does not."""
    if not action.repeat:
        return ""
    repeat = Repeat.model_validate(action.repeat)
    every = "every day" if repeat.every_days == 1 else f"every {repeat.every_days} days"
    return f"{every} at {repeat.at}" if repeat.at else every


def details(action: Action) -> list[tuple[str, str]]:
    """What an order says beside its kind: name and value of each part."""
    params = action.params
    said = [
        ("Leave out", "" if action.kind in _UNFILTERED else _left_out(params.get("filters", {}), action.kind)),
        ("Followed at least", _days(params.get("older_than_days"))),
        ("Those who follow back", "Kept" if params.get("only_not_following_back") else ""),
        ("Kept as well", _names(params.get("keep"))),
        ("Whose stories", _names(params.get("usernames"))),
        ("Message", params.get("message", "")),
        ("People written to before", "Written to again" if params.get("again") else ""),
    ]
    return [(name, value) for name, value in said if value]


_UNFILTERED = ("unfollow", "send-messages")
_MAX_NAMED = 10


def _days(count: int | None) -> str:
    return f"{words.number_of(count, 'day', 'days')} ago" if count else ""


def _names(names: list[str] | None) -> str:
    """The first of the names and how many more there are."""
    shown = [f"@{name}" for name in (names or [])[:_MAX_NAMED]]
    more = len(names or []) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _left_out(chosen: dict[str, Any], kind: str) -> str:
    text = "; ".join(filters(chosen, kind))
    return text[0].upper() + text[1:]


def filters(chosen: dict[str, Any], kind: str) -> list[str]:
    """Whom these filters leave out of an order of this kind, a phrase each."""
    wanted = Filters.model_validate(chosen)
    if not follows(kind):
        wanted = wanted.model_copy(update={"skip_followed_before": False, "skip_my_followers": False})
    return [phrase for phrase in _phrases(wanted) if phrase] or ["nobody"]


def follows(kind: str) -> bool:
    """Whether an order of this kind follows people: some filters are of these alone."""
    return STEP_KIND[kind] == "follow"


def _phrases(wanted: Filters) -> Iterable[str]:
    for low, high, of_what in (
        (wanted.followers_min, wanted.followers_max, "followers"),
        (wanted.following_min, wanted.following_max, "people followed"),
        (wanted.ratio_min, wanted.ratio_max, "followers per person followed"),
    ):
        yield f"fewer than {low:,} {of_what}" if low is not None else ""
        yield f"more than {high:,} {of_what}" if high is not None else ""
    yield "private accounts" if wanted.skip_private else ""
    yield _CHOICES["business"][wanted.business]
    yield _CHOICES["verified"][wanted.verified]
    yield "no profile picture" if wanted.skip_no_picture else ""
    yield f"none of these words: {', '.join(wanted.bio_must)}" if wanted.bio_must else ""
    yield f"any of these words: {', '.join(wanted.bio_must_not)}" if wanted.bio_must_not else ""
    yield f"scripts other than {', '.join(words.SCRIPTS[name] for name in wanted.scripts)}" if wanted.scripts else ""
    yield "people handled before" if wanted.skip_followed_before else ""
    yield "people who follow you" if wanted.skip_my_followers else ""


_CHOICES = {
    "business": {"any": "", "only": "accounts that are no business", "skip": "business accounts"},
    "verified": {"any": "", "only": "accounts that are not verified", "skip": "verified accounts"},
}


def cleaned_up(done: CleanUp) -> str:
    """What became of the sign-ins that were over."""
    if not done.ended:
        return "No expired sign-ins were left."
    return f"{done.ended} expired sign-in{'' if done.ended == 1 else 's'} removed."


def failed_sign_ins(count: int) -> str:
    """How many sign-ins failed, in words."""
    return f"{words.number_of(count, 'sign-in', 'sign-ins')} failed"
