"""The mail round of the clock process: answers who asked for a mail, and delivers what is due."""

from flask import Flask

from bot.mail import deliver_due, forget_old_mails
from bot.mail_tokens import forget_expired_tokens
from bot.recovery import answer_recoveries

# Who waits for a mail looks at their inbox within seconds.
EVERY = 2.0


def tick(app: Flask) -> None:
    """One round. Raises what the database raises; a mail server that is away is noted at each mail."""
    with app.app_context():
        answer_recoveries()
        deliver_due()


def tidy(app: Flask) -> None:
    """Erases what nobody can use any more."""
    with app.app_context():
        forget_old_mails()
        forget_expired_tokens()
