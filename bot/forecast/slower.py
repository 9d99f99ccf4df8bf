"""Steps of a plan that are slower than its intake: people begin faster than a later step's limit lets them go on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.forecast.guesses import PlanAhead
from bot.forecast.run_ahead import Made, Run
from bot.storage.models.values import StepKind

LONG = timedelta(days=1)
"""A person who waits longer than this for a step that is due waits for its limit, and not for the next morning."""


@dataclass(frozen=True)
class Slower:
    """A later step of `kind` that comes to `per_day` people on its best day, while more begin by the first step.

    `day` is that of the last such step, counted from 1; None if it lies beyond the forecast.
    """

    kind: StepKind
    per_day: int
    first_kind: StepKind
    first_per_day: int
    day: int | None


def slower_step(plan: PlanAhead, own: Sequence[Made], run: Run) -> Slower | None:
    """Return the step of a plan that people wait longest for because of its limit; None if there is none."""
    first_kind, late = plan.nodes[0].step.do, run.late.get(plan.id, {})
    best = {kind: max(Counter(one.day for one in own if one.kind == kind).values()) for kind in {o.kind for o in own}}
    found = [
        (one.longest, node)
        for index, one in late.items()
        if one.longest > LONG
        for node in (plan.nodes[index],)
        if node.step.do != first_kind and best[node.step.do] < best.get(first_kind, 0)
    ]
    if not found:
        return None
    kind = max(found, key=lambda one: (one[0], -one[1].index))[1].step.do
    days = [one.day for one in own if one.kind == kind]
    day = (days[-1] - own[0].day).days + 1 if plan.id in run.ends else None
    return Slower(kind, best[kind], first_kind, best[first_kind], day)
