"""The plan of an action, typed, from what is stored of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.actions.filters import Filters
from bot.plans.nodes import Node, compiled
from bot.plans.source import Found, Reader, Source
from bot.plans.step import Step, Unit
from bot.storage.models.values import OF_ANSWERS

EVERYONE = Filters(skip_private=False, skip_followed_before=False)
"""Filters that skip no one."""
MAX_NAMED = 2
"""The most sources that the title of an action names."""


@dataclass(frozen=True)
class Part:
    """A part of an action's sources: one hashtag, or one account. `number` is its place among all parts."""

    number: int
    source: Source
    named: Mapping[str, str]
    """`{"hashtag": "coffee"}`, `{"account": "ann"}`, or nothing."""

    @property
    def label(self) -> str:
        """Return the part for people, such as `#coffee` or `followers of @ann`."""
        return self.source.words.format(**self.named)

    def find(self, bot: Reader, cursor: str | None, unit: Unit) -> Found:
        """Return a page of candidates. Raises Instagram's answer."""
        return self.source.find(bot, self.named, cursor, unit)


@dataclass(frozen=True)
class Plan:
    """The sources of an action, the steps for each person or post of them, and the filters that skip some."""

    sources: Sequence[Source]
    steps: Sequence[Step]
    filters: Filters

    @cached_property
    def parts(self) -> list[Part]:
        """Return the parts of the sources; one that comes twice is one part."""
        named = {(source.settings, *part.items()): (source, part) for source in self.sources for part in source.parts}
        return [Part(number, source, part) for number, (source, part) in enumerate(named.values())]

    @cached_property
    def nodes(self) -> list[Node]:
        return compiled(self.steps)

    @property
    def listens(self) -> bool:
        """Return whether it goes on after an answer, because a step of it waits for one."""
        return any(node.step.when in OF_ANSWERS for node in self.nodes)

    @property
    def unit(self) -> Unit:
        """Return the kind of a target: that of the first step."""
        return self.steps[0].takes

    @property
    def subject(self) -> str:
        """Return the sources for people, such as `#coffee, followers of @ann and 3 more`."""
        labels = [part.label for part in self.parts]
        more = len(labels) - MAX_NAMED
        return ", ".join(labels[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
