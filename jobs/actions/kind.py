"""The protocol of a kind of action. jobs/steps.py does the rest."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol, cast

from bot.actions.filters import Filters, skip_reason
from bot.actions.targets import Candidate, Search, Target, person_id
from bot.core.errors import BotException
from bot.steps.outcomes import Outcome
from bot.storage.models.values import HashtagTab
from jobs.instance import BotInstance


@dataclass(frozen=True)
class Found:
    """A page of candidates, and the cursor of the next page; None at the end.

    `limited` says that Instagram shows only a part of the list.
    """

    candidates: list[Candidate]
    cursor: str | None
    limited: bool = False


@dataclass(frozen=True)
class Skip:
    """A skipped target and the reason."""

    reason: str


SKIP_REASONS = {
    "INSTAGRAM_PERSON_NOT_FOUND": "not_found",
    "INSTAGRAM_POST_NOT_FOUND": "not_found",
    "INSTAGRAM_PERSON_PRIVATE": "private",
}
"""Instagram's answers to a look-up → the reason to skip the target."""

PROVES_NOTHING = {"INSTAGRAM_STORY_GONE": "story_gone"}
"""Answers to the look-up of an effect after which nothing can show it any more → the remark on the target."""


_GONE = {"INSTAGRAM_STORY_GONE": "STORY_GONE"}


@contextmanager
def while_acting() -> Iterator[None]:
    """Give "not found" at the moment of acting the code of its own step kind."""
    try:
        yield
    except BotException as error:
        if name := _GONE.get(error.name):
            raise BotException(name, **error.meta) from error
        raise


class Kind(Protocol):
    """A kind of action. Every method may raise BotException with Instagram's answer."""

    absence_proves_failure: bool
    """True if a look-up without the effect proves that there was none, so that the step may be tried again."""

    def skip_if_handled(self, work: Search) -> bool:
        """Return whether targets that another action has handled are skipped."""

    def find(self, bot: BotInstance, work: Search) -> Found:
        """Return the next page of candidates, with one request, and one more to look up the account that it names."""

    def examine(self, bot: BotInstance, work: Search, target: Target) -> Target | Skip:
        """Return the target with the data read for it, or the reason to skip it. Two requests at most, no effect."""

    def act(self, bot: BotInstance, target: Target) -> Outcome:
        """Do the one effect of a step."""

    def was_applied(self, bot: BotInstance, target: Target) -> Outcome | None:
        """Return the outcome of an earlier call whose end is unknown; None if nothing is found. One look-up.

        Raises INSTAGRAM_STORY_GONE if nothing can show it any more.
        """


def filters_of(work: Search) -> Filters:
    return Filters.model_validate(work.params["filters"])


def tab_of(work: Search) -> HashtagTab:
    """Return the tab in which an action of a hashtag searches. Earlier versions stored none for follows."""
    return cast(HashtagTab, work.params.get("order", "recent"))


def is_own(bot: BotInstance, work: Search, target: Target) -> bool:
    """Return whether the target is known to be the bot's own account, or one of its posts."""
    return person_id(work.step_kind, target.instagram_id) == bot.client.own_id


def looked_up(bot: BotInstance, work: Search, target: Target, filters: Filters) -> Target | Skip:
    """Return the target with the person's id and name, or the reason to skip it.

    The reason is that it is the bot's own account, or the first filter that the person does not pass.
    """
    if is_own(bot, work, target):
        return Skip("own_account")
    if target.instagram_id and not filters.asks_profile:
        return target
    person = bot.person(target.person)
    if person.id == bot.client.own_id:
        return Skip("own_account")
    if reason := skip_reason(person, filters):
        return Skip(reason)
    known_id = target.instagram_id or person.id
    return replace(target, instagram_id=known_id, full_name=target.full_name or person.full_name or None)
