"""All steps, one file each. A new file is a new step; `jobs/step_kinds` has the worker's part of it."""

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from bot.plans.step import Step
from bot.storage.models.values import StepKind

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

STEPS: dict[StepKind, type[Step]] = {
    step.model_fields["do"].default: step for step in sorted(Step.__subclasses__(), key=lambda one: one.__name__)
}
"""Kinds of steps, as an action names them."""

if TYPE_CHECKING:
    AnyStep = Step
else:
    _told = tuple(step for step in STEPS.values() if step.in_plans)
    AnyStep = Annotated[Union[_told], Field(discriminator="do")]  # noqa: UP007  made of a list

# A step that waits for a fact may have steps in its place.
for _step in STEPS.values():
    _step.model_rebuild(force=True, _types_namespace={"AnyStep": AnyStep})
