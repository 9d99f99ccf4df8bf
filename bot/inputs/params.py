"""Base of every input model."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Params(BaseModel):
    """An input model that refuses unknown fields."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    ADDED_LATER: ClassVar[frozenset[str]] = frozenset()
    """Fields that requests of an earlier version did not have."""

    def identity(self) -> dict[str, Any]:
        """Return the fields by which a repeated request is recognized, across an upgrade too."""
        at_default = {name for name in self.ADDED_LATER if getattr(self, name) == type(self).model_fields[name].default}
        told = self.model_dump(mode="json", exclude=at_default)
        within = {name: one.identity() for name in told if isinstance(one := getattr(self, name), Params)}
        return told | within
