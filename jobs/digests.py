"""The digest round of the clock process."""

from flask import Flask

from bot.settings.digests import send_digests

DIGEST_INTERVAL = 60.0


def tick(app: Flask) -> None:
    """Write the digests that are due. Raises the errors of the database."""
    with app.app_context():
        send_digests()
