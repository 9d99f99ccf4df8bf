"""Input that refuses what it does not know."""

from pydantic import BaseModel, ConfigDict


class Params(BaseModel):
    """Input that refuses what it does not know."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
