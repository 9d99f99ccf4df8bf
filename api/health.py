"""Liveness of the process and readiness of the product."""

from typing import Literal

from pydantic import Field

from api.answers import Answer, Schema
from api.blueprint import blueprint, raises
from bot.operations.readiness import check_ready
from middleware.access import public

bp = blueprint("health", "Health")


class Alive(Answer):
    status: Literal["alive"] = "alive"


class Remark(Schema):
    """A problem that does not stop the product."""

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
    """Answer 200 while this process is alive."""
    return Alive()


@bp.get("/ready")
@public
@bp.output(Ready)
@raises("NOT_READY")
def ready() -> Ready:
    """Check database, schema, Redis and workers.

    Answers 503 if one is missing; `errors` names each. `warnings` name problems that do not stop the product.
    """
    return Ready(warnings=[Remark.model_validate(part) for part in check_ready()])
