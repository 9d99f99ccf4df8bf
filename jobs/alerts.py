"""The alert round of the clock process."""

from flask import Flask

from bot.alerts.delivery import deliver_alerts

ALERT_INTERVAL = 5.0


def tick(app: Flask) -> None:
    """Do one round. Raises the errors of the database. A webhook that does not answer is recorded at its channel."""
    with app.app_context():
        deliver_alerts()
