"""The people of one action during a run: who begins, who has come to which place of its plan, and when they go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from bot.forecast.guesses import Guesses, Manner, PlanAhead, Waiting
from bot.plans.nodes import Node, is_drawn
from bot.storage.models.values import OF_ANSWERS, StepKind

Place = tuple[int, bool]
"""A later place, and whether people wait there for the end of the time of its condition."""

_NOTHING = timedelta()


@dataclass(frozen=True)
class Late:
    """The last step at a place, and how long a person had to wait for it at most after it was due."""

    last_at: datetime
    longest: timedelta


@dataclass(eq=False, slots=True)
class _Person:
    """A person on the way: the call that is next, and what is known of them."""

    name: str | None
    position: int
    node: int = 0
    nth: int = 0
    followed: bool = False


class Crowd:
    """The people of a plan who have begun. Those of one place wait in a heap: the longest due is the next."""

    def __init__(self, plan: PlanAhead, guesses: Guesses, manner: Manner, moment: datetime) -> None:
        self._plan, self._guesses, self._manner = plan, guesses, manner
        self._names = iter(plan.names)
        self._position = count(max((one.position for one in plan.people), default=0) + 1)
        self._number = count()
        self._heaps: dict[Place, list[tuple[datetime, int, int, _Person]]] = {}
        self.late: dict[int, Late] = {}
        for one in plan.people:
            self._place(one, moment)

    def __bool__(self) -> bool:
        return bool(self._heaps)

    def places(self) -> Sequence[Place]:
        """Return the places with people in the order of their turns: reads first, then those who are further on."""
        return sorted(self._heaps, key=lambda place: (not place[1], -place[0]))

    def due(self, place: Place) -> datetime:
        """Return when the next person of a place goes on."""
        return self._heaps[place][0][0]

    def begin(self, moment: datetime) -> None:
        """Let the next beginner go on after the first call."""
        self._go_on(_Person(next(self._names, None), next(self._position)), moment)

    def act(self, index: int, moment: datetime) -> None:
        """Let the next person of a place go on after the call there."""
        due, one = self._leave((index, False))
        known = self.late.get(index)
        waited = max(moment - due, known.longest if known else timedelta())
        self.late[index] = Late(moment, waited)
        self._go_on(one, moment)

    def check(self, index: int, moment: datetime) -> None:
        """Let the next person go on whose time for the condition of a place is over."""
        _, one = self._leave((index, True))
        if not self._manner.at_once and self._guesses.meets[index].next():
            self._add((index, False), moment, one)
        else:
            self._come_to(self._plan.nodes[index].no, one, moment)

    def _leave(self, place: Place) -> tuple[datetime, _Person]:
        heap = self._heaps[place]
        due, _, _, one = heappop(heap)
        if not heap:
            del self._heaps[place]
        return due, one

    def _add(self, place: Place, due: datetime, one: _Person) -> None:
        heappush(self._heaps.setdefault(place, []), (due, one.position, next(self._number), one))

    def _go_on(self, one: _Person, moment: datetime) -> None:
        node = self._plan.nodes[one.node]
        if node.step.do == StepKind.FOLLOW:
            one.followed = True
        if one.nth + 1 < node.step.times:
            one.nth += 1
            self._add((node.index, False), moment, one)
        else:
            self._come_to(node.then, one, moment)

    def _come_to(self, index: int | None, one: _Person, moment: datetime) -> None:
        while index is not None and not self._is_for(self._plan.nodes[index], one):
            index = self._plan.nodes[index].then
        if index is not None:
            one.node, one.nth = index, 0
            step = self._plan.nodes[index].step
            if step.when:
                self._await(one, moment + step.longest_wait, moment, moment)
            else:
                self._add((index, False), moment + step.after, one)

    def _is_for(self, node: Node, one: _Person) -> bool:
        if node.step.do == StepKind.UNFOLLOW and self._plan.follows and not one.followed:
            return False
        if node.step.share == 1:
            return True
        return is_drawn(self._plan.id, one.name, node) if one.name else self._guesses.draws[node.index].next()

    def _place(self, waiting: Waiting, moment: datetime) -> None:
        """Let a person wait who came to a place before the run."""
        one = _Person(waiting.name, waiting.position, waiting.node, waiting.nth, waiting.followed)
        due = waiting.due_at or moment
        if waiting.awaits:
            self._await(one, due, waiting.came_at or moment, moment)
        else:
            self._add((one.node, False), due, one)

    def _await(self, one: _Person, due: datetime, came_at: datetime, moment: datetime) -> None:
        """Let a person wait for the end of the time of a condition, or only for the time if it is met at once."""
        step = self._plan.nodes[one.node].step
        if self._manner.at_once and self._guesses.meets[one.node].next():
            self._add((one.node, False), max(moment, came_at + step.after), one)
        else:
            self._add((one.node, True), due + (self._manner.listening if step.when in OF_ANSWERS else _NOTHING), one)
