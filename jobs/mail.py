"""The mail round of the clock process: answers who asked for a mail, and delivers what is due."""

from flask import Flask

from bot.mail.outbox import deliver_due
from bot.users.password_reset import answer_recoveries
from bot.users.registration import answer_registrations

# Who waits for a mail looks at their inbox within seconds.
EVERY = 2.0


def tick(app: Flask) -> None:
    """One round. Raises what the database raises; a mail server that is away is noted at each mail."""
    with app.app_context():
        answer_recoveries()
        answer_registrations()
        deliver_due()
