"""One job in its own process: the app, the lease of the worker that started it, and the answer through a pipe."""

import signal
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from rq.utils import import_attribute
from structlog.contextvars import bound_contextvars

from bot.app import create_base_app
from bot.config.clock import Clock
from bot.config.environment import Config
from bot.core.log import finish_telling
from bot.history.activity import log_error
from jobs.instance import Past
from jobs.lanes import Lease, hold
from jobs.tasks import instances
from jobs.tracing import about_job
from jobs.worker_pool import end_with_parent


@dataclass(frozen=True)
class Task:
    """The input of a job's process. `lease` is shared with the worker, which renews it."""

    config: Config
    clock: Clock
    function: str
    args: tuple[Any, ...]
    job_id: str
    request_id: str | None
    lease: Lease
    past: Past | None


@dataclass(frozen=True)
class Done:
    """The return value of the job, and the account's app run for the user's next process."""

    returned: object
    past: Past | None


@dataclass(frozen=True)
class Crashed:
    """The name of the exception that the job raised. It is logged and recorded already."""

    kind: str


def run_task(task: Task, sender: Connection) -> None:
    """Run the job and send Done or Crashed. A process that is killed sends nothing."""
    end_with_parent(signal.SIGKILL)
    user_id = task.lease.user_id
    app = create_base_app(task.config, clock=task.clock)
    about = about_job(task.job_id, task.function, user_id, task.request_id)
    with app.app_context(), bound_contextvars(**about), hold(task.lease):
        instances().resume(user_id, task.past)
        try:
            returned = import_attribute(task.function)(*task.args)
        except Exception as error:
            log_error(error, job_id=task.job_id, user_id=user_id)
            sender.send(Crashed(type(error).__qualname__))
        else:
            sender.send(Done(returned, instances().past_of(user_id)))
        instances().close()
    finish_telling()
