"""reply: a step that only a person makes."""

from typing import ClassVar, Literal

from bot.plans.step import Step
from bot.storage.models.values import StepKind


class Reply(Step):
    """Send a person what the user typed to them."""

    do: Literal[StepKind.REPLY] = StepKind.REPLY
    in_plans: ClassVar[bool] = False
