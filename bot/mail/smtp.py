"""Sending of one mail to the mail server by SMTP, encrypted."""

import re
import smtplib
import ssl
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from bot.config.runtime import runtime
from bot.config.server_addresses import MailServer
from bot.core.errors import BotException, invalid
from bot.inputs.mail_addresses import wire_form
from bot.network.addresses import is_local
from bot.storage.models import Mail

_NAME = "Troupe"
# Permanent refusals of a recipient (RFC 5321, 4.2.1). Another try would change nothing.
_FOR_GOOD = range(500, 600)
_ONE_ADDRESS = re.compile(r"""[^\s@,;:<>()"\\]+@[^\s@,;:<>()"\\]+""")


def build_message(mail: Mail, text: str) -> EmailMessage:
    """Return the mail as plain text, with a message id that is the same at every try.

    Raises INVALID_INPUT for a recipient or subject with more than one line, or more than one address.
    """
    config = runtime().config
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(_NAME, addr_spec=wire_form(config.mail_from or "troupe@localhost"))
    message["To"] = Address(addr_spec=_recipient(mail.recipient))
    message["Subject"] = _one_line(mail.subject)
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.id}@{urlsplit(config.address).hostname}>"
    # Keeps absence notices from answering (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def _recipient(address: str) -> str:
    """Return the wire form. An address stored before the current rules may have none. Raises INVALID_INPUT."""
    if not _ONE_ADDRESS.fullmatch(_one_line(address)):
        raise invalid("email", "This is not one e-mail address.")
    try:
        return wire_form(address)
    except ValueError:
        raise invalid("email", "No e-mail can be sent to this e-mail address.") from None


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise invalid("email", "This holds characters that no line of an e-mail may have.")
    return text


def send_message(message: EmailMessage) -> None:
    """Send the mail, and return once the mail server has accepted it.

    Raises MAIL_RECIPIENT_REFUSED and MAIL_NOT_CONFIGURED. MAIL_SERVER_AWAY, MAIL_SERVER_REFUSED and MAIL_NOT_ENCRYPTED
    may pass with another try.
    """
    server = runtime().config.mail_server
    if server is None:
        raise BotException("MAIL_NOT_CONFIGURED")
    try:
        connection = _connect(server)
        try:
            connection.send_message(message)
        finally:
            # The server has accepted the mail or not, whatever its reply to QUIT is.
            with suppress(OSError):
                connection.quit()
    except OSError as error:
        raise _failure(error) from None


def _failure(error: OSError) -> BotException:
    """Return the failure that an error of smtplib means. Its errors are OSErrors too."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return BotException("MAIL_NOT_ENCRYPTED")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()))[0]
        return BotException("MAIL_RECIPIENT_REFUSED" if code in _FOR_GOOD else "MAIL_SERVER_REFUSED", smtp_code=code)
    if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
        return BotException("MAIL_SERVER_REFUSED", smtp_code=getattr(error, "smtp_code", None))
    return BotException("MAIL_SERVER_AWAY")


def _connect(server: MailServer) -> smtplib.SMTP:
    timeout, context = runtime().config.smtp_timeout, ssl.create_default_context()
    if server.encrypted:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=context)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=timeout)
    try:
        if not server.encrypted:
            _encrypt(connection, server, context)
        if server.username:
            connection.login(server.username, server.password)
    except BaseException:
        connection.close()
        raise
    return connection


def _encrypt(connection: smtplib.SMTP, server: MailServer, context: ssl.SSLContext) -> None:
    """Start TLS. Only a server on the same machine may lack it. Raises MAIL_NOT_ENCRYPTED."""
    connection.ehlo_or_helo_if_needed()
    if connection.has_extn("starttls"):
        connection.starttls(context=context)
    elif not is_local(server.host):
        raise BotException("MAIL_NOT_ENCRYPTED")
