"""The protocol of a kind of step: the worker's part of it. jobs/steps.py does the rest."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from bot.actions.filters import Filters, skip_reason
from bot.actions.targets import Target
from bot.core.errors import BotException
from bot.plans.step import Step
from bot.steps.outcomes import Outcome
from bot.storage.models import id_of_person
from jobs.instance import BotInstance


@dataclass(frozen=True)
class Place:
    """A step of an action's plan, and the filters of the action."""

    step: Step
    filters: Filters


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
    """A kind of step. Every method may raise BotException with Instagram's answer."""

    absence_proves_failure: bool
    """True if a look-up without the effect proves that there was none, so that the step may be tried again."""

    def skip_if_handled(self, filters: Filters) -> bool:
        """Return whether targets that another action has handled are skipped."""

    def examine(self, bot: BotInstance, place: Place, target: Target) -> Target | Skip:
        """Return the target with the data read for it, or the reason to skip it. Two requests at most, no effect."""

    def act(self, bot: BotInstance, target: Target) -> Outcome:
        """Do the one effect of a step."""

    def was_applied(self, bot: BotInstance, target: Target) -> Outcome | None:
        """Return the outcome of an earlier call whose end is unknown; None if nothing is found. One look-up.

        Raises INSTAGRAM_STORY_GONE if nothing can show it any more.
        """


def is_own(bot: BotInstance, step: Step, target: Target) -> bool:
    """Return whether the target is known to be the bot's own account, or one of its posts."""
    return id_of_person(step.do, target.instagram_id) == bot.client.own_id


def looked_up(bot: BotInstance, step: Step, target: Target, filters: Filters) -> Target | Skip:
    """Return the target with the person's id and name, or the reason to skip it.

    The reason is that it is the bot's own account, or the first filter that the person does not pass.
    """
    if is_own(bot, step, target):
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
