"""follow: its words for the API."""

from typing import Literal

from bot.plans.step import Step
from bot.storage.models.values import StepKind


class Follow(Step):
    """Follow the person, or ask a private account to be let in."""

    do: Literal[StepKind.FOLLOW] = StepKind.FOLLOW
