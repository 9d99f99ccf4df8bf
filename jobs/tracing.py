"""What every line of the log carries while a job runs."""

from uuid import uuid4


def about_job(job_id: str, function: str, user_id: str, request_id: str | None) -> dict[str, str]:
    """The job, whose it is, what it does, and the request behind it, or an id of its own."""
    return {
        "task_id": job_id,
        "user_id": user_id,
        "action": function.rpartition(".")[2],
        "request_id": request_id or uuid4().hex,
    }
