"""An action in words: title, progress, filters, schedule."""

from collections.abc import Iterable
from typing import Any

from bot.actions.control import Progress
from bot.actions.filters import Filters
from bot.actions.recurrence import Repeat
from bot.auth.session_list import CleanUp
from bot.config import runtime
from bot.decision import kinds
from bot.decision.kinds import STEP_KIND, step_kind_of
from bot.plans.aliases import plan_of
from bot.storage.models import Action
from bot.storage.models.values import StepKind
from web import labels


def step_kind(action: Action) -> StepKind:
    """Return the kind of an action's first step, which its icon and its words go by."""
    return step_kind_of(action.kind, action.params)


def acts_on_posts(action: Action) -> bool:
    """Return whether the targets of an action are posts."""
    return kinds.acts_on_posts(action.kind, action.params)


def did(action: Action) -> str:
    """Return the past participle for the done targets of an action."""
    return labels.DID[step_kind(action)]


def whom(action: Action) -> str:
    """Return the noun for the targets of an action."""
    return "Posts" if acts_on_posts(action) else "People"


def tally(progress: Progress) -> list[tuple[str, int, str]]:
    """Return the counts of an action's targets: status, number and word.

    If the action lists its people, skipped ones are part of the total. If it asks for a number, they are not.
    """
    action = progress.action
    parts = [
        ("done", progress.done, did(action)),
        ("failed", progress.failed, "failed"),
        ("unknown", progress.unknown, "still open"),
        ("pending", progress.pending, "not done" if action.finished_at else "up next"),
    ]
    return [*parts[:1], ("skipped", progress.skipped, "skipped"), *parts[1:]] if action.listed else parts


def counts(progress: Progress) -> str:
    """Return the progress of an action in words, without zeros except for the number done."""
    parts = [(name, count, text) for name, count, text in tally(progress) if count or name == "done"]
    if progress.skipped and not progress.action.listed:
        parts.append(("skipped", progress.skipped, "skipped"))
    return " · ".join(f"{count} {text}" for _, count, text in parts)


def reasons(action: Action) -> dict[str, str]:
    """Return the words for reasons, about people or about posts."""
    return labels.OF_POSTS if acts_on_posts(action) else labels.REASONS


def skips(progress: Progress) -> list[tuple[str, int]]:
    """Return the reasons for skipped targets with their counts, most frequent first."""
    found = sorted(progress.skips.items(), key=lambda item: (-item[1], item[0]))
    return [(labels.word(reason, reasons(progress.action)), count) for reason, count in found]


def starts_later(action: Action) -> bool:
    """Return whether an action waits for its start time."""
    return bool(action.start_at and not action.finished_at and action.start_at > runtime.now())


def repeats(action: Action) -> str:
    """Return how often an action repeats, in words; empty if it does not."""
    if not action.repeat:
        return ""
    repeat = Repeat.model_validate(action.repeat)
    every = "every day" if repeat.every_days == 1 else f"every {repeat.every_days} days"
    return f"{every} at {repeat.at}" if repeat.at else every


def details(action: Action) -> list[tuple[str, str]]:
    """Return the setup of an action as pairs of name and value, without its text."""
    params = action.params
    said = [
        ("Does", labels.description(action) if action.name else ""),
        ("Skips", "" if _is_unfiltered(action) else _skipped(params.get("filters", {}), step_kind(action))),
        ("Followed at least", _days(params.get("older_than_days"))),
        ("Those who follow back", "Kept" if params.get("only_not_following_back") else ""),
        ("Kept as well", _names(params.get("keep"))),
        ("Stories of", _names(params.get("usernames"))),
        ("Comes from", _parts(action)),
        ("Messaged before", _messaged_before(action)),
    ]
    return [(name, value) for name, value in said if value]


def _messaged_before(action: Action) -> str:
    if action.kind != "send-messages":
        return ""
    return "Messaged again" if action.params.get("again") else "Skipped"


def _is_unfiltered(action: Action) -> bool:
    return step_kind(action) in (StepKind.UNFOLLOW, StepKind.MESSAGE)


_MAX_NAMED = 10


def _days(count: int | None) -> str:
    return f"{labels.number_of(count, 'day', 'days')} ago" if count else ""


def _parts(action: Action) -> str:
    """Return the parts of a plan's sources in words."""
    return ", ".join(part.label for part in plan_of(action.kind, action.params).parts) if action.kind == "plan" else ""


def _names(names: list[str] | None) -> str:
    """Return the first names and the number of the others."""
    shown = [f"@{name}" for name in (names or [])[:_MAX_NAMED]]
    more = len(names or []) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _skipped(chosen: dict[str, Any], kind: str) -> str:
    text = "; ".join(filters(chosen, kind))
    return text[0].upper() + text[1:]


def filters(chosen: dict[str, Any], kind: str) -> list[str]:
    """Return a phrase for each filter that applies to this kind of action."""
    wanted = Filters.model_validate(chosen)
    if not follows(kind):
        wanted = wanted.model_copy(update={"skip_followed_before": False, "skip_my_followers": False})
    return [phrase for phrase in _phrases(wanted) if phrase] or ["no one"]


def follows(kind: str) -> bool:
    """Return whether this kind of action or step follows people. Some filters are for these kinds only."""
    return STEP_KIND.get(kind, kind) == StepKind.FOLLOW


def _phrases(wanted: Filters) -> Iterable[str]:
    for low, high, of_what in (
        (wanted.followers_min, wanted.followers_max, "followers"),
        (wanted.following_min, wanted.following_max, "people followed"),
        (wanted.ratio_min, wanted.ratio_max, "followers per person followed"),
        (wanted.posts_min, wanted.posts_max, "posts"),
        (None, wanted.digits_max, "digits in the username"),
    ):
        yield f"fewer than {low:,} {of_what}" if low is not None else ""
        yield f"more than {high:,} {of_what}" if high is not None else ""
    yield "private accounts" if wanted.skip_private else ""
    yield _CHOICES["business"][wanted.business]
    yield _CHOICES["verified"][wanted.verified]
    yield "no profile picture" if wanted.skip_no_picture else ""
    yield f"none of these words: {', '.join(wanted.bio_must)}" if wanted.bio_must else ""
    yield f"any of these words: {', '.join(wanted.bio_must_not)}" if wanted.bio_must_not else ""
    yield f"scripts other than {', '.join(labels.SCRIPTS[name] for name in wanted.scripts)}" if wanted.scripts else ""
    yield "people handled before" if wanted.skip_followed_before else ""
    yield "people who follow you" if wanted.skip_my_followers else ""


_CHOICES = {
    "business": {"any": "", "only": "accounts that are no business", "skip": "business accounts"},
    "verified": {"any": "", "only": "accounts that are not verified", "skip": "verified accounts"},
}


def cleaned_up(done: CleanUp) -> str:
    """Return the result of removing old sign-ins, in words."""
    if not done.ended:
        return "No expired sign-ins were left."
    return f"{done.ended} expired sign-in{'' if done.ended == 1 else 's'} removed."


def failed_sign_ins(count: int) -> str:
    """Return the number of failed sign-ins in words."""
    return f"{labels.number_of(count, 'sign-in', 'sign-ins')} failed"
