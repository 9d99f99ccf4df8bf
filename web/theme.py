"""The theme that a browser chose: light, dark, or that of its system."""

from flask import request

COOKIE = "troupe_theme"
THEMES = ("light", "dark")
"""Values of the cookie. Without one of them the page follows the system."""
SYSTEM = "system"
"""The choice that follows the system."""
KEPT_FOR = 365 * 24 * 3600
"""Seconds."""


def chosen() -> str | None:
    """Return the theme of the cookie; None if it names none."""
    named = request.cookies.get(COOKIE)
    return named if named in THEMES else None
