"""Mail to the operator about each fault of the product, at most one an hour for each code."""

import os
import threading
from collections.abc import Mapping
from datetime import timedelta
from queue import Queue
from typing import Any

import structlog
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.config.runtime import now, runtime
from bot.core.causes import cause_of
from bot.core.errors import BotException, find_code, registry
from bot.core.log import tell
from bot.mail import texts
from bot.mail.outbox import send_mail, send_now
from bot.storage.models import Mail
from bot.storage.tenancy import identity

NAME, PURPOSE = "operator", "fault"
AGAIN_AFTER = timedelta(hours=1)
_SECONDS = 2.0

log = structlog.get_logger()


def init_operator_mail(app: Flask) -> None:
    """Make this process mail the operator about every fault, if OPERATOR_EMAIL is set."""
    tell(NAME, None)
    with app.app_context():
        if runtime().config.operator_email:
            mails = OperatorMails(app)
            tell(NAME, mails, mails.finish)


class OperatorMails:
    """Writes mails in its own thread, because the failing thread may hold the database, and SQLite has one writer."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._waiting: Queue[dict[str, Any]] = Queue()
        self._process = 0
        self._lock = threading.Lock()

    def __call__(self, fields: Mapping[str, Any], _error: BaseException | None) -> None:
        if not is_fault(fields):
            return
        with self._lock:
            if self._process != os.getpid():
                # A fork does not copy threads.
                self._process, self._waiting = os.getpid(), Queue()
                threading.Thread(target=self._work, args=[self._waiting], name="operator", daemon=True).start()
        self._waiting.put(dict(fields))

    def finish(self) -> None:
        """Wait a moment until all faults of this process are written."""
        waiting = self._waiting
        if self._process == os.getpid():
            with waiting.all_tasks_done:
                waiting.all_tasks_done.wait_for(lambda: not waiting.unfinished_tasks, _SECONDS)

    def _work(self, waiting: Queue[dict[str, Any]]) -> None:
        while True:
            fields = waiting.get()
            with self._app.app_context():
                try:
                    tell_operator(fields)
                except Exception as error:
                    # No line of level error: it would be reported in the same way.
                    log.warning("operator_not_told", error_code=fields.get("error_code"), **cause_of(error))
                finally:
                    waiting.task_done()


def is_fault(fields: Mapping[str, Any]) -> bool:
    """Return whether a line of the log has severity C: a fault of the product or its data, or the end of an account."""
    known = find_code(fields.get("error_code"))
    return fields["severity"] == "critical" or (known is not None and known.severity == "critical")


def tell_operator(fields: Mapping[str, Any]) -> bool:
    """Mail the operator about a line of the log, unless a mail about its code went out within the hour. Commits.

    If the database accepts no mail, it is sent directly. Raises the errors of that.
    """
    recipient = str(runtime().config.operator_email)
    code = str(fields.get("error_code") or fields["event"])
    entry = find_code(code) or registry()["INTERNAL"]
    subject, text = texts.fault(code, entry, fields, now())
    try:
        with identity() as session:
            told = select(Mail.id).where(Mail.purpose == PURPOSE, Mail.subject == subject)
            if session.scalars(told.where(Mail.created_at > now() - AGAIN_AFTER).limit(1)).first():
                return False
            send_mail(session, recipient, subject, text, purpose=PURPOSE, request_id=fields.get("request_id"))
            session.commit()
    except (SQLAlchemyError, BotException) as error:
        log.warning("mail_not_kept", **cause_of(error))
        send_now(recipient, subject, text)
    return True
