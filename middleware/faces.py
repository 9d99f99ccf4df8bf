"""The two faces, API and pages, and which of them a request calls."""

from flask import request


def calls_api() -> bool:
    """Return whether the caller is a program and gets JSON."""
    return request.path in ("/api", "/metrics") or request.path.startswith("/api/")
