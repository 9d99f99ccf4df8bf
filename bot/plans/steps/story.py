"""story: its words for the API."""

from typing import Literal

from bot.plans.step import Step
from bot.storage.models.values import StepKind


class Story(Step):
    """Watch the pictures of the person's story."""

    do: Literal[StepKind.STORY] = StepKind.STORY
