"""The alert round of the clock process."""

from flask import Flask

from bot.alerts.delivery import deliver_due

EVERY = 5.0


def tick(app: Flask) -> None:
    """One round. Raises what the database raises; a webhook that does not answer is noted at its channel."""
    with app.app_context():
        deliver_due()
