"""Whether the process lives, and whether the product can serve."""

from typing import Literal

from api.answers import Answer
from api.blueprint import blueprint, fails
from bot.access import public
from bot.readiness import check_ready

bp = blueprint("health", "Health")


class Alive(Answer):
    status: Literal["alive"] = "alive"


class Ready(Answer):
    status: Literal["ready"] = "ready"


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

    503 where one is not; `errors` names each.
    """
    check_ready()
    return Ready()
