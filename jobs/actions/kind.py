"""What a kind of order must say; jobs/steps.py does the rest."""

from dataclasses import dataclass
from typing import Protocol

from bot.steps import Target, Work
from jobs.instance import BotInstance


@dataclass(frozen=True)
class Found:
    """A page of candidates, `(username, Instagram id)`, and where the search goes on; None: nowhere."""

    people: list[tuple[str, str]]
    cursor: str | None


class Kind(Protocol):
    """Every method may raise what Instagram answers, as BotException."""

    def find(self, bot: BotInstance, work: Work) -> Found:
        """The next page of candidates: one request."""

    def obstacle(self, bot: BotInstance, work: Work, target: Target) -> str | None:
        """Why this target is to be left out; None to go on. Two requests at most, and no effect."""

    def act(self, bot: BotInstance, target: Target) -> str | None:
        """The one effect of a step; may return a remark that is kept as the target's reason."""

    def arrived(self, bot: BotInstance, target: Target) -> bool:
        """Whether an earlier call whose end is not known took effect: one look-up."""
