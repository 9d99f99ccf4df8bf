"""A mail server on loopback that takes mails, encrypted or not, refuses them, hangs or goes away as a test says."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

# Each behavior's answer and the verb it answers; None: no answer, the connection closes.
BEHAVIOURS: dict[str, tuple[str, str | None]] = {
    "refuses to encrypt": ("STARTTLS", "454 4.7.0 not now"),
    "refuses the recipient": ("RCPT", "550 5.1.1 no such user"),
    "refuses the recipient for now": ("RCPT", "451 4.7.1 greylisted"),
    "refuses the sender": ("MAIL", "550 5.7.1 not yours"),
    "refuses the mail": ("DATA", "554 5.6.0 no"),
    "goes away before the mail": ("DATA", None),
    "goes away after the mail": ("QUIT", None),
    "says no farewell": ("QUIT", "500 what"),
}


@dataclass
class SmtpServer:
    """A mail server.

    `mails` holds accepted ones, in order; `tries` counts connections, `heard` are the verbs it got.

    `behaviour` may change at any time. With a `context` it offers STARTTLS, or speaks TLS `from_the_start`.
    """

    context: ssl.SSLContext | None = None
    from_the_start: bool = False
    port: int = 0
    behaviour: str = ""
    offers: tuple[str, ...] = ()
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[list[str]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    tries: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        if self.context and not self.from_the_start:
            self.offers = (*self.offers, "STARTTLS")

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


class _Conversation(socketserver.StreamRequestHandler):
    server: "_Listener"

    def handle(self) -> None:
        served = self.server.served
        served.tries += 1
        if served.behaviour == "hangs":
            served.ended.wait()
            return
        # A client that does not trust the certificate hangs up in the middle.
        with suppress(ssl.SSLError, ConnectionError):
            self._converse(served)

    def _converse(self, served: SmtpServer) -> None:
        if served.from_the_start:
            self._encrypt()
        self._say("220 tests ESMTP")
        recipients: list[str] = []
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            served.heard.append(verb.upper())
            answer = self._answer(verb.upper(), rest, recipients)
            if answer is None:
                return
            self._say(answer)
            if (verb.upper(), answer[:3]) == ("STARTTLS", "220"):
                self._encrypt()

    def _encrypt(self) -> None:
        context = self.server.served.context
        assert context
        self.request = context.wrap_socket(self.request, server_side=True)
        self.setup()

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def _answer(self, verb: str, rest: str, recipients: list[str]) -> str | None:
        served = self.server.served
        at, misbehaved = BEHAVIOURS.get(served.behaviour, ("", ""))
        if verb == at:
            return misbehaved
        if verb == "EHLO":
            return "\r\n".join(["250-tests", *(f"250-{name}" for name in served.offers), "250 8BITMIME"])
        if verb == "AUTH":
            served.logins.append(rest)
        if verb == "RCPT":
            recipients.append(rest)
        if verb == "DATA":
            self._take(recipients)
        return {"AUTH": "235 ok", "STARTTLS": "220 go on", "QUIT": "221 bye", "VRFY": "252 ask them"}.get(
            verb, "250 ok"
        )

    def _take(self, recipients: list[str]) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        served = self.server.served
        mail = message_from_bytes(b"".join(lines), policy=default)
        assert isinstance(mail, EmailMessage)
        served.mails.append(mail)
        served.envelopes.append(list(recipients))

    def _say(self, answer: str) -> None:
        self.wfile.write(answer.encode() + b"\r\n")


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    served: SmtpServer


@contextmanager
def smtp_server(context: ssl.SSLContext | None = None, *, from_the_start: bool = False) -> Iterator[SmtpServer]:
    served = SmtpServer(context, from_the_start)
    with _Listener(("127.0.0.1", 0), _Conversation) as listener:
        listener.served = served
        served.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield served
        finally:
            served.ended.set()
            listener.shutdown()
            thread.join()


def unused_port() -> int:
    """Return a port without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
