"""message: its words and fields for the API."""

from typing import Literal

from pydantic import Field

from bot.messages.sending import MessageText
from bot.plans.step import Step
from bot.storage.models.values import StepKind


class Message(Step):
    """Send the person a message."""

    do: Literal[StepKind.MESSAGE] = StepKind.MESSAGE
    text: MessageText
    again: bool = Field(False, description="Write also to people whom this bot has written to before.")
