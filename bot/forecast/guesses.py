"""Guesses of a run: who meets the conditions of a plan, when, and who gets a step with a share. No database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.forecast.odds import Past, Spread, drawn, meeting
from bot.plans.nodes import Node
from bot.storage.models.values import StepKind

SELDOM = 2
"""People who count as having missed a condition before there is a past: the product's own figure."""


@dataclass(frozen=True)
class Waiting:
    """A person at a later place of a plan. `name` is None if the search has still to find the person.

    Without `awaits` the person goes on at `due_at`; else that is the end of the time for the condition. `came_at` is
    the time at which the person came to the place, and `followed` tells if the plan has followed them.
    """

    name: str | None
    position: int
    node: int = 0
    nth: int = 0
    due_at: datetime | None = None
    came_at: datetime | None = None
    awaits: bool = False
    followed: bool = False


@dataclass(frozen=True)
class PlanAhead:
    """A plan and its people: `beginners` will begin, the first of them with the `names` that are known.

    `past` tells of places with a condition how many met it so far.
    """

    id: str
    nodes: Sequence[Node]
    beginners: int
    people: Sequence[Waiting] = ()
    names: Sequence[str] = ()
    past: Mapping[int, Past] = field(default_factory=dict)

    def past_of(self, index: int) -> Past:
        """Return who has met the condition of a place so far. Before anyone has, one in four is expected to."""
        known = self.past.get(index, _UNKNOWN)
        # Most people accept a request that they see, but few follow back or answer.
        seldom = 0 if self.nodes[index].step.when == "accepted" else SELDOM
        return Past(known.met, known.missed + seldom)

    @property
    def follows(self) -> bool:
        return any(node.step.do == StepKind.FOLLOW for node in self.nodes)


_UNKNOWN = Past()


@dataclass(frozen=True)
class Guesses:
    """The people who meet the condition of each place, and those without a name who get a step with a share."""

    meets: Mapping[int, Spread]
    draws: Mapping[int, Spread]


@dataclass(frozen=True)
class Manner:
    """How a run goes on.

    `delay` makes a delay of the least and the longest one. People who meet a condition do it `at_once`, or else at
    the end of its time. An answer is read `listening` later than it could be.
    """

    delay: Callable[[float, float], float]
    guess: Callable[[PlanAhead], Guesses]
    at_once: bool
    listening: timedelta = timedelta()


def no_one(plan: PlanAhead) -> Guesses:
    """Return that no one meets a condition."""
    return _guesses(plan, lambda _node, _people: (0, True), most=False)


def everyone(plan: PlanAhead) -> Guesses:
    """Return that everyone meets each condition."""
    return _guesses(plan, lambda _node, people: (people, True), most=True)


def shortest(plan: PlanAhead) -> Guesses:
    """Return as many people as may be on the shorter way at each condition, the last ones above all."""

    def of(node: Node, people: int) -> tuple[int, bool]:
        few, many = meeting(people, plan.past_of(node.index))
        meets, misses = _rest(plan, node.then), _rest(plan, node.no)
        then_is_shorter = (node.step.after + meets[0], meets[1]) <= (node.step.longest_wait + misses[0], misses[1])
        return (many, True) if then_is_shorter else (few, False)

    return _guesses(plan, of, most=False)


def longest(plan: PlanAhead) -> Guesses:
    """Return as many people as may be on the longer way at each condition, the last ones above all."""

    def of(node: Node, people: int) -> tuple[int, bool]:
        few, many = meeting(people, plan.past_of(node.index))
        meets, misses = _rest(plan, node.then, longest=True), _rest(plan, node.no, longest=True)
        return (few, False) if misses > (meets[0], meets[1] + 1) else (many, True)

    return _guesses(plan, of, most=True)


def _rest(plan: PlanAhead, index: int | None, *, longest: bool = False) -> tuple[timedelta, int]:
    """Return the time that the ways from a place on take, and their steps: of the shortest one, or of the longest."""
    if index is None:
        return timedelta(), 0
    node = plan.nodes[index]
    time, steps = _rest(plan, node.then, longest=longest)
    done = (node.step.longest_wait if longest else node.step.after) + time, steps + 1
    if not node.step.when:
        return done
    time, steps = _rest(plan, node.no, longest=longest)
    missed = node.step.longest_wait + time, steps
    return max(done, missed) if longest else min(done, missed)


def _guesses(plan: PlanAhead, meet: Callable[[Node, int], tuple[int, bool]], *, most: bool) -> Guesses:
    """Return the guesses of a run. `meet` tells how many people meet a condition, and whether the last one does."""
    coming = _coming(plan)
    meets = {
        node.index: Spread(coming[node.index], some, last=last)
        for node in plan.nodes
        if node.step.when
        for some, last in (meet(node, coming[node.index]),)
    }
    unnamed = max(0, plan.beginners - len(plan.names))
    draws = {
        node.index: Spread(unnamed, drawn(unnamed, node.step.share)[most], last=most)
        for node in plan.nodes
        if node.step.share < 1
    }
    return Guesses(meets, draws)


def _coming(plan: PlanAhead) -> list[int]:
    """Return about how many people are still to come to each place, or wait there for its condition."""
    coming = [0.0] * len(plan.nodes)
    coming[0] += plan.beginners
    for one in plan.people:
        # Someone who waits for nothing but the time has met the condition.
        if one.awaits:
            coming[one.node] += 1
        elif (then := plan.nodes[one.node].then) is not None:
            coming[then] += 1
    for node in plan.nodes:
        share = plan.past_of(node.index).mean if node.step.when else 1.0
        if node.then is not None:
            coming[node.then] += coming[node.index] * share
        if node.no is not None:
            coming[node.no] += coming[node.index] * (1 - share)
    return [round(count) for count in coming]
