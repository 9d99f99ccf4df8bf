"""Which of the two faces a request calls."""

from flask import request


def calls_api() -> bool:
    """Whether the answer is one for programs."""
    return request.path in ("/api", "/metrics") or request.path.startswith("/api/")
