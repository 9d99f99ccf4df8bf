"""The mail round of the clock process: handle requests for mails, and deliver due mails."""

from flask import Flask

from bot.mail.outbox import deliver_mails
from bot.users.password_reset import answer_recoveries
from bot.users.registration import answer_registrations

# People who wait for a mail look at their inbox within seconds.
MAIL_INTERVAL = 2.0


def tick(app: Flask) -> None:
    """Do one round. Raises the errors of the database. A mail server that is away is recorded at each mail."""
    with app.app_context():
        answer_recoveries()
        answer_registrations()
        deliver_mails()
