"""Placing of actions with several sources."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain
from typing import Any

from pydantic import Field, model_validator

from bot.actions import placing
from bot.actions.control import Progress
from bot.actions.filters import Filters
from bot.actions.placing import Amount, NewAction
from bot.decision.chores import AWAITED
from bot.linking.requests import Answer
from bot.messages.sending import check_variants
from bot.messages.templates import parse
from bot.plans.nodes import depth, longest_wait
from bot.plans.plan import Plan
from bot.plans.sources import AnySource
from bot.plans.sources.people import People
from bot.plans.step import Step
from bot.plans.steps import AnyStep
from bot.plans.steps.message import Message
from bot.storage.models import MAX_PARTS
from bot.storage.models.values import OF_ANSWERS, ActionKind, StepKind

MAX_STEPS, MAX_DEPTH = 8, 3
LONGEST = timedelta(days=60)
MAX_UNANSWERED, APART = 2, timedelta(days=3)
"""Messages that a plan sends to someone who answers none of them, and the least time between them (our own figures)."""
# Answers are read for AWAITED after a message. At the end of a wait the inbox must still be read once more.
LISTENS = AWAITED - timedelta(days=1)


class NewPlan(NewAction):
    """Do steps for people or posts that come from one or more sources."""

    source: list[AnySource] = Field(min_length=1, max_length=10, description="Where the people or posts come from.")
    steps: list[AnyStep] = Field(min_length=1, max_length=MAX_STEPS, description="What is done for each, in order.")
    amount: Amount = Field(description="With how many people or posts.")

    @model_validator(mode="after")
    def _fits(self) -> "NewPlan":
        for problem in (*_of_sources(self.plan), *_of_steps(self.plan)):
            raise ValueError(problem)
        return self

    @property
    def plan(self) -> Plan:
        return Plan(self.source, self.steps, self.filters or Filters())

    @property
    def named(self) -> int:
        """Return how many people are named one by one; 0 if there are other sources."""
        lists = [source.usernames for source in self.source if isinstance(source, People)]
        return len(set(chain(*lists))) if len(lists) == len(self.source) else 0

    @property
    def total(self) -> int:
        """Return with how many people or posts it can be done: not more than are named."""
        return min(self.amount, self.named or self.amount)


def place(user_id: str, params: NewPlan, idempotency_key: str | None = None) -> Progress:
    """Place an action with several sources. Raises the errors of `placing.accept`."""
    _check_texts(params)
    more, named = _stored(params), params.named
    return placing.accept(user_id, ActionKind.PLAN, params, params.total, idempotency_key, more=more, named=named)


def dry_run(user_id: str, params: NewPlan) -> Answer:
    """Ask a worker for the first people that the first source has, and who of them would be skipped.

    Raises the errors of `placing.dry_run`.
    """
    _check_texts(params)
    return placing.dry_run(user_id, ActionKind.PLAN, params, _stored(params))


def _check_texts(params: NewPlan) -> None:
    """Raise TEXTS_ALIKE if a message of the plan has too few variants for its people."""
    for node in params.plan.nodes:
        if isinstance(node.step, Message):
            check_variants(f"{node.path}.text", parse(node.step.text), params.total)


def _stored(params: NewPlan) -> dict[str, Any]:
    """Return what is stored next to sources and steps, for code that knows no plans."""
    return {"subject": params.plan.subject, "unit": params.plan.unit, "listens": params.plan.listens}


Way = Sequence[tuple[Step, bool]]
"""The steps that a person comes to before one, each with whether it is done: it is not where the way turns off."""


def _ways(steps: Sequence[Step], way: Way = ()) -> Iterator[tuple[Step, Way]]:
    """Yield each step with the way to it."""
    if not steps:
        return
    first, *rest = steps
    yield first, way
    yield from _ways(rest, (*way, (first, True)))
    yield from _ways(first.otherwise, (*way, (first, False)))


def _waits(steps: Sequence[Step]) -> timedelta:
    """Return the longest time that people may wait for these steps."""
    return sum((step.longest_wait for step in steps), timedelta())


def _of_message(step: Step, way: Way) -> Iterator[str]:
    """Yield why a message is too much for a person who has not answered the ones on the way to it."""
    written, waited = 0, timedelta()
    for one, was_done in (*way, (step, True)):
        if one.when in OF_ANSWERS and was_done:
            written = 0
        waited += one.after if was_done else one.within
        if one is not step and was_done and isinstance(one, Message):
            written, waited = written + 1, timedelta()
    if not isinstance(step, Message) or not written:
        return
    if not step.again:
        yield "a second message without an answer in between is sent only with `again`"
    if written >= MAX_UNANSWERED:
        yield f"a person who does not answer gets {MAX_UNANSWERED} messages at most"
    if waited < APART:
        yield f"a second message without an answer in between comes {APART.days} days after the first at least"


def _of_sources(plan: Plan) -> Iterator[str]:
    """Yield why the sources do not fit to each other and to the first step."""
    first = plan.steps[0]
    if len(plan.parts) > MAX_PARTS:
        yield f"name {MAX_PARTS} hashtags, accounts and posts at most"
    for source in plan.sources:
        if isinstance(source, People) and not source.usernames:
            yield "name at least one person"
        if first.takes == "post" and source.gives != "post":
            yield f"{source.kind} has no posts to {first.do}"
        if first.from_sources is not None and source.kind not in first.from_sources:
            yield f"{first.do} takes people from {' and '.join(sorted(first.from_sources))} alone"


def _of_steps(plan: Plan) -> Iterator[str]:
    """Yield why the steps are no plan."""
    first, *later = plan.nodes
    for step, way in _ways(plan.steps):
        done = [one.do if was_done and one.share == 1 else None for one, was_done in way]
        written = [place for place, do in enumerate(done) if do == StepKind.MESSAGE]
        if step.when in OF_ANSWERS and not written:
            yield "a step waits for an answer only after a message to everyone"
        elif step.when in OF_ANSWERS and _waits([*(one for one, _ in way[written[-1] + 1 :]), step]) > LISTENS:
            yield f"an answer is waited for {LISTENS.days} days at most, from the message on"
        if step.when == "accepted" and StepKind.FOLLOW not in done:
            yield "a step waits to be accepted only after a follow of everyone"
        if step.when and not step.within:
            yield "a step gives a fact time to become known: make `within` longer than 0"
        if step.when and step.after > step.within:
            yield "a step does not wait for a fact for less time than for itself: make `within` at least `after`"
        if step.do == StepKind.UNFOLLOW and way and not any(one.do == StepKind.FOLLOW for one, _ in way):
            yield "a later step unfollows only people that the plan follows"
        yield from _of_message(step, way)
    if len(plan.nodes) > MAX_STEPS or depth(plan.steps) > MAX_DEPTH:
        yield f"a plan has {MAX_STEPS} steps and {MAX_DEPTH} branches within one another at most"
    if first.step.when or first.step.after or first.step.share < 1:
        yield "the first step waits for nothing and is done for each"
    for node in plan.nodes:
        if node.step.otherwise and not node.step.when:
            yield "a step without `when` has nothing to do otherwise"
    for node in later:
        if node.step.takes == "post":
            yield "say how many posts of the person a later step likes"
    if longest_wait(plan.steps) > LONGEST:
        yield f"a plan takes {LONGEST.days} days at most"
