"""people: people named one by one."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from bot.actions.targets import Candidate
from bot.inputs.validation import InstagramName
from bot.plans.source import Found, Reader, Source
from bot.plans.step import Unit


class People(Source):
    """People named one by one."""

    kind: Literal["people"] = "people"
    words: ClassVar[str] = "your list"
    # A stored list has lost all of its names if its user had these people forgotten.
    usernames: list[InstagramName] = Field(max_length=200, description="Usernames, or links to profiles; one at least.")

    def find(self, bot: Reader, part: Mapping[str, str], cursor: str | None, unit: Unit) -> Found:
        return Found([Candidate(name, name) for name in dict.fromkeys(self.usernames)], None)
