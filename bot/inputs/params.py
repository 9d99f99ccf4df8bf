"""Base of every input model."""

from pydantic import BaseModel, ConfigDict


class Params(BaseModel):
    """An input model that refuses unknown fields."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
