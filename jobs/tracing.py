"""The fields of every log line while a job runs."""

from uuid import uuid4


def about_job(job_id: str, function: str, user_id: str, request_id: str | None) -> dict[str, str]:
    """Return the job, its user, its function, and the id of the request behind it or a new id."""
    return {
        "task_id": job_id,
        "user_id": user_id,
        "action": function.rpartition(".")[2],
        "request_id": request_id or uuid4().hex,
    }
