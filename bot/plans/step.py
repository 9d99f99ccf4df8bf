"""The base of steps: what is done for each person or post of an action, and when."""

from datetime import timedelta
from typing import ClassVar, Literal

from pydantic import Field

from bot.inputs.durations import Duration
from bot.inputs.params import Params
from bot.storage.models.values import Fact, StepKind

Unit = Literal["person", "post"]
"""The kind of a target. A post brings its author."""


class Step(Params):
    """A step. Its docstring and its fields are its words for the API. The worker's part is in `jobs/step_kinds`."""

    do: StepKind
    in_plans: ClassVar[bool] = True
    """Whether an action of several sources may have it. The others have forms of their own."""
    from_sources: ClassVar[frozenset[str] | None] = None
    """The only kinds of sources that it takes people from; None: from any."""

    after: Duration = Field(
        timedelta(),
        json_schema_extra={"default": "0d"},
        description="The least time since the step before, like `12h` or `3d`.",
    )
    share: float = Field(1.0, gt=0, le=1, description="The part of people for whom it is done; the others go on.")
    when: Fact | None = Field(None, description="It is done only if this becomes known of the person.")
    within: Duration = Field(
        timedelta(days=7),
        json_schema_extra={"default": "7d"},
        description="How long that is waited for, from the step before on.",
    )
    otherwise: list["AnyStep"] = Field([], description="The steps in place of all further ones if it does not.")  # type: ignore[name-defined]  # noqa: F821

    @property
    def takes(self) -> Unit:
        """Return the kind of its targets."""
        return "person"

    @property
    def longest_wait(self) -> timedelta:
        """Return the longest time that a person may wait for it after the step before."""
        return max(self.after, self.within) if self.when else self.after

    @property
    def times(self) -> int:
        """Return how often it is done for one target, one call after another."""
        return 1
