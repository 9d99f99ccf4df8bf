"""A plan in words: its short title, one sentence, and a line for each of its places."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.plans.nodes import Node
from bot.plans.plan import Plan
from bot.plans.step import Step, Unit
from bot.plans.steps.like import Like
from bot.storage.models.values import Fact, StepKind

_SHORT = {
    StepKind.FOLLOW: "follow",
    StepKind.UNFOLLOW: "unfollow",
    StepKind.LIKE: "like",
    StepKind.STORY: "watch stories",
    StepKind.MESSAGE: "message",
    StepKind.REPLY: "reply",
}
_FIRST = {
    StepKind.FOLLOW: "Follow {}",
    StepKind.UNFOLLOW: "Unfollow {}",
    StepKind.LIKE: "Like {}",
    StepKind.STORY: "Watch the stories of {}",
    StepKind.MESSAGE: "Send a message to {}",
    StepKind.REPLY: "Reply to {}",
}
_LATER = {
    StepKind.FOLLOW: "follow them",
    StepKind.UNFOLLOW: "unfollow them",
    StepKind.LIKE: "like the post",
    StepKind.STORY: "watch their story",
    StepKind.MESSAGE: "send them a message",
    StepKind.REPLY: "reply to them",
}
_IF: dict[Fact, str] = {
    "follows_back": "they follow back",
    "accepted": "they accept your request",
    "answered": "they answer",
    "answered_positive": "they answer with one of your positive words",
}
AWAITED: dict[Fact, str] = {
    "follows_back": "to follow back",
    "accepted": "to accept your request",
    "answered": "to answer",
    "answered_positive": "to answer with a positive word",
}
"""Facts as the end of `waits for @ana …`."""
_UNITS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))


@dataclass(frozen=True)
class Line:
    """A place of a plan in words. `number` counts from 1 in the order of the lines.

    `depth` counts the branches around it, and `instead_of` is the number of the line whose fact did not become known,
    for the first line of a branch.
    """

    number: int
    node: Node
    depth: int
    text: str
    instead_of: int | None = None


def title(plan: Plan, amount: int) -> str:
    """Return what a plan does: `Follow 50 people from #coffee`, or `Follow, then message: 50 people from #coffee`."""
    kinds = [node.step.do for node in _main(plan)]
    words = [_SHORT[kind] for number, kind in enumerate(kinds) if number == 0 or kind != kinds[number - 1]]
    if len(words) < 2:
        return f"{_first(plan.steps[0], amount)}{_origin(plan)}"
    *before, last = words
    short = f"{', '.join(before)}, then {last}"
    return f"{short[0].upper()}{short[1:]}: {_many(amount, plan.unit)}{_origin(plan)}"


def sentence(plan: Plan, amount: int) -> str:
    """Return the whole plan as one sentence."""
    first, *later = plan.steps
    return f"{_first(first, amount)}{_origin(plan)}{_then(later)}."


def lines(plan: Plan) -> list[Line]:
    """Return the places of a plan, each branch right after the place that it is an alternative to."""
    found: list[Line] = []

    def follow(index: int | None, depth: int, instead_of: int | None) -> None:
        while index is not None:
            node = plan.nodes[index]
            text = _capital(_one_of(node.step)) if index == 0 else _capital(_told(node.step))
            number = len(found) + 1
            found.append(Line(number, node, depth, text, instead_of))
            follow(node.no, depth + 1, number)
            index, instead_of = node.then, None

    follow(0, 0, None)
    return found


def length(of: timedelta) -> str:
    """Return a length of time in words.

    >>> length(timedelta(days=1)), length(timedelta(hours=36)), length(timedelta(minutes=30))
    ('1 day', '36 hours', '30 minutes')
    """
    unit, word = next(((unit, word) for unit, word in _UNITS if not of % unit), _UNITS[-1])
    return _number(of // unit, word, f"{word}s")


def _origin(plan: Plan) -> str:
    return f" from {plan.subject}" if plan.parts else ""


def _main(plan: Plan) -> Iterator[Node]:
    """Yield the places of a person if each fact becomes known."""
    index: int | None = 0
    while index is not None:
        node = plan.nodes[index]
        yield node
        index = node.then


def _then(steps: Sequence[Step]) -> str:
    """Return the steps as the rest of a sentence."""
    said = ""
    for number, step in enumerate(steps, 1):
        is_last = number == len(steps)
        said += f", then {_told(step)}"
        if step.otherwise:
            first, *later = step.otherwise
            said += f" (if not, {_told(first)}{_then(later)})"
        elif step.when and not is_last:
            said += " (if not, stop)"
    return said


def _told(step: Step) -> str:
    """Return a later step with its wait, its part of people and its condition."""
    words = [_one_of(step)]
    if step.share < 1:
        words.append(f"for {100 * step.share:.3g}% of them")
    if step.after:
        words.append(f"after {length(step.after)}")
    if step.when:
        words.append(f"if {_IF[step.when]} within {length(step.within)}")
    return " ".join(words)


def _one_of(step: Step) -> str:
    if isinstance(step, Like) and step.posts:
        return "like their last post" if step.posts == 1 else f"like their last {step.posts} posts"
    return _LATER[step.do]


def _first(step: Step, amount: int) -> str:
    """Return the first step with the number of its people or posts."""
    many = _many(amount, step.takes)
    if isinstance(step, Like) and step.posts:
        many = f"{'the last post' if step.posts == 1 else f'the last {step.posts} posts'} of {many}"
    return _FIRST[step.do].format(many)


def _many(amount: int, unit: Unit) -> str:
    return _number(amount, "person", "people") if unit == "person" else _number(amount, "post", "posts")


def _number(count: int, one: str, many: str) -> str:
    return f"1 {one}" if count == 1 else f"{count:,} {many}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
