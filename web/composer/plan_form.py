"""The form of a plan: what was sent with it, with each problem at its field, and what fills it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import request
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict

from bot.actions.control import Progress
from bot.core.errors import BotException
from bot.inputs.validation import path_in, refuse_controls, refused
from bot.linking.requests import Answer
from bot.plans import placing
from bot.plans.placing import NewPlan
from bot.plans.steps.unfollow import Unfollow
from bot.storage.models.values import StepKind
from web import forms
from web.composer import plan_sources, plan_steps
from web.composer.plan_steps import Path, Reading

_OWN = ("from.", "source.", "rows.", *(f"{one.key}." for one in plan_steps.READY))


def read(sent: MultiDict[str, str]) -> NewPlan:
    """Read the form. Raises INVALID_INPUT with the problem of each field."""
    values = plan_sources.given(sent)
    common = [(name, value) for name, value in sent.items(multi=True) if not name.startswith(_OWN) and name != "plan"]
    told = forms.nested(NewPlan, MultiDict(common))
    reading = plan_steps.read(values)
    told |= {"source": plan_sources.read(values), "steps": reading.steps}
    refuse_controls(told)
    problems = [{"field": name, "code": "INVALID_INPUT", "message": text} for name, text in reading.problems]
    problems += _of_sources(told["source"], reading.steps)
    plan: NewPlan | None = None
    try:
        plan = NewPlan.model_validate(told)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        known = {problem["field"] for problem in problems}
        # A rule about the whole plan may only follow from the problem of a field.
        found = [_problem(item, told, reading, values) for item in details if item["loc"] or not known]
        problems += [problem for problem in found if problem["field"] not in known]
    if problems or plan is None:
        raise refused(problems)
    return plan


def fill(params: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the fields of the sources and steps of a stored plan; None if the form cannot have them."""
    sources, steps = plan_sources.fill(params["source"]), plan_steps.fill(params["steps"])
    if sources is None or steps is None:
        return None
    return sources | steps


def place(user_id: str, params: NewPlan, key: str | None) -> Progress:
    """Place the plan of the form. Texts that are too much alike are a problem of the first one's field."""
    try:
        return placing.place(user_id, params, key)
    except BotException as error:
        raise at_text(error) from None


def dry_run(user_id: str, params: NewPlan) -> Answer:
    """Ask a worker for the first people of the plan, as `place` raises."""
    try:
        return placing.dry_run(user_id, params)
    except BotException as error:
        raise at_text(error) from None


def at_text(error: BotException) -> BotException:
    """Return the failure with each problem of a step's text at its field of the form."""
    told = error.meta.get("errors") or []
    if not any(one["field"].startswith("steps.") for one in told):
        return error
    reading = plan_steps.read(plan_sources.given(request.form))
    return refused([one | {"field": _field_of_step(reading, one["field"].split("."))} for one in told])


def _field_of_step(reading: Reading, loc: Sequence[int | str]) -> str:
    path: Path = tuple(int(part) for part in loc if str(part).isdecimal())
    return reading.field_of(path, str(loc[-1])) or reading.field_of(path, "do") or "plan"


def _of_sources(sources: list[dict[str, Any]], steps: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """Yield problems of sources that have a field of their own."""
    said = {}
    kinds = {one["kind"] for one in sources}
    if not sources:
        said["sources"] = "Choose where the people come from."
    if "people" in kinds and not any(one.get("usernames") for one in sources if one["kind"] == "people"):
        said[plan_sources.field_of("people", "usernames")] = "Name at least one person."
    if steps and steps[0]["do"] == StepKind.UNFOLLOW and not kinds <= (Unfollow.from_sources or kinds):
        said["rows.0.do"] = "A plan that begins with unfollowing takes people that your bot followed, or that you name."
    yield from ({"field": name, "code": "INVALID_INPUT", "message": text} for name, text in said.items())


def _problem(
    item: ErrorDetails, told: Mapping[str, Any], reading: Reading, values: Mapping[str, str]
) -> dict[str, str]:
    loc = path_in(told, item)
    rule = forms.in_words(NewPlan, item)
    if not loc:
        field = "plan"
        rule = f"{rule[0].upper()}{rule[1:]}"
    elif loc[0] == "source" and len(loc) > 2 and isinstance(loc[1], int):
        field = plan_sources.field_of(told["source"][loc[1]]["kind"], str(loc[2]))
        if isinstance(loc[-1], int):
            rule = f"{plan_sources.place(values, field, loc[-1])} is not right. {rule}"
    elif loc[0] == "source":
        field = "sources"
    elif loc[0] == "steps":
        field = _field_of_step(reading, loc)
    else:
        field = ".".join(str(part) for part in loc if not isinstance(part, int))
    return {"field": field, "code": "INVALID_INPUT", "message": rule}
