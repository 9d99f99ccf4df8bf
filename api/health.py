"""Whether the process lives, and whether the product can serve."""

from typing import Literal

from pydantic import Field

from api.answers import Answer, Shape
from api.blueprint import blueprint, fails
from bot.operations.readiness import check_ready
from middleware.access import public

bp = blueprint("health", "Health")


class Alive(Answer):
    status: Literal["alive"] = "alive"


class Remark(Shape):
    """Something that is wrong and not in the way."""

    field: str = Field(validation_alias="name")
    code: str
    message: str = Field(validation_alias="trouble")


class Ready(Answer):
    status: Literal["ready"] = "ready"
    warnings: list[Remark]


@bp.get("/health")
@public
@bp.output(Alive)
def alive() -> Alive:
    """Whether this process lives."""
    return Alive()


@bp.get("/ready")
@public
@bp.output(Ready)
@fails("NOT_READY")
def ready() -> Ready:
    """Whether database, schema, Redis and workers are there.

    503 where one is not; `errors` names each. `warnings` name what is wrong and not in the way.
    """
    return Ready(warnings=[Remark.model_validate(part) for part in check_ready()])
