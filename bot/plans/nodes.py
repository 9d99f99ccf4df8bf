"""The places of a plan: its steps in one row, with the place that follows each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from bot.plans.step import Step
from bot.storage.models.values import OF_ANSWERS, StepKind


@dataclass(frozen=True)
class Node:
    """A place of a plan. `then` is the next place, and `no` the one if its fact does not become known.

    `path` is that of its step in a request, such as `steps.1.otherwise.0`. `after_answer` tells that people come to it
    by an answer alone, to whatever they were written before.
    """

    index: int
    path: str
    step: Step
    then: int | None = None
    no: int | None = None
    after_answer: bool = False


def compiled(steps: Sequence[Step]) -> list[Node]:
    """Return the places of a plan. Every way leads to a higher number, so each person comes to an end."""
    nodes: list[Node] = []

    def place(branch: str, steps: Sequence[Step], number: int, *, after_answer: bool) -> int | None:
        if number == len(steps):
            return None
        index, path, step = len(nodes), f"{branch}.{number}", steps[number]
        nodes.append(Node(index, path, step))
        by_answer = after_answer or step.when in OF_ANSWERS
        then = place(branch, steps, number + 1, after_answer=by_answer and step.do != StepKind.MESSAGE)
        no = place(f"{path}.otherwise", step.otherwise, 0, after_answer=after_answer)
        nodes[index] = Node(index, path, step, then, no, by_answer)
        return index

    place("steps", steps, 0, after_answer=False)
    return nodes


def depth(steps: Sequence[Step]) -> int:
    """Return how many branches are within one another."""
    return max((1 + depth(step.otherwise) for step in steps if step.otherwise), default=0)


def longest_wait(steps: Sequence[Step]) -> timedelta:
    """Return the longest time that a person may wait between the steps."""
    if not steps:
        return timedelta()
    first, *rest = steps
    return first.longest_wait + max(longest_wait(rest), longest_wait(first.otherwise))


def is_drawn(action_id: str, target: str, node: Node) -> bool:
    """Return whether a step with a share is done for this target: the same answer each time it is asked."""
    drawn = int.from_bytes(sha256(f"{action_id}:{target}:{node.index}".encode()).digest()[:4])
    return drawn < node.step.share * 2**32
