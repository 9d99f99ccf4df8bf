"""The parts of the composer that only a plan has: its fields, the plan read back, and the body of a request."""

import json
from typing import Any

from flask import render_template

from bot.automation.status import BotReport
from bot.core.errors import BotException
from bot.messages.drafts import Draft
from bot.plans import words
from bot.plans.placing import NewPlan
from web import labels, limit_text
from web.composer import fields, plan_sources, plan_steps, texts
from web.composer.fields import Values
from web.composer.kinds import PLAN

_ROW = {"do": "step", "if": "if", "days": "days", "not": "if not", "posts": "posts", "text": "message"}


def _field_names() -> dict[str, str]:
    of_sources = {field.name: field.label for one in plan_sources.choices() for field in one.fields}
    of_ready = {one.field_of(slot): slot.label for one in plan_steps.READY for slot in one.slots}
    of_rows = {f"rows.{n}.{name}": f"Step {n + 1}, {word}" for n in plan_steps.ROWS for name, word in _ROW.items()}
    return {"sources": "Sources", "plan": "Plan"} | of_sources | of_ready | of_rows


# The summary of a failure names the fields.
labels.FIELDS.update(_field_names())


def shown(kind: str, values: Values) -> dict[str, Any]:
    """Return what the template of a plan shows; nothing for another kind."""
    if kind != PLAN:
        return {}
    typed = plan_steps.texts(plan_sources.given(values))
    return {
        "sources": plan_sources.choices(),
        "ready": plan_steps.READY,
        "custom": plan_steps.CUSTOM,
        "rows": plan_steps.ROWS,
        "row_steps": plan_steps.ROW_STEPS,
        "row_facts": plan_steps.ROW_FACTS,
        "row_otherwise": plan_steps.ROW_OTHERWISE,
        "counters": {name: texts.counted(text) for name, text in typed.items()},
    }


def planned(values: Values) -> NewPlan | None:
    """Return the plan that the form holds now; None while it is not complete."""
    try:
        params = fields.read(PLAN, values)
    except BotException:
        return None
    return params if isinstance(params, NewPlan) else None


def sentence(params: NewPlan) -> str:
    """Return the plan as one sentence."""
    return words.sentence(params.plan, params.total)


def no_steps(params: NewPlan, report: BotReport) -> list[str]:
    """Return the kinds of steps of the plan that its limits allow none of, in words."""
    return limit_text.none_of((node.step.do for node in params.plan.nodes), report)


def as_json(found: Draft) -> str:
    """Return the page of a plan that does not fit into the form: why, and the body of the request that places it."""
    body = {name: value for name, value in found.params.items() if value is not None}
    why = plan_steps.why_not(found.params["steps"])
    return render_template("new_action_json.html", why=why, body=json.dumps(body, indent=2, default=str))
