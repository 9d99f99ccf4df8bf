"""TLS in front of servers that have none: a private CA, and pipes that show its certificates."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.proxy_in_front import pipe

_YEAR = timedelta(days=365)
Edit = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Authority:
    """A CA. `certificate` is for clients to trust, `chain` is a key and a certificate for 127.0.0.1."""

    certificate: Path
    chain: Path

    @classmethod
    def make(cls, folder: Path, name: str = "authority") -> "Authority":
        key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        issuer = _named(name)
        own = _signed(issuer, issuer, key, key.public_key(), x509.BasicConstraints(ca=True, path_length=None))
        hosts = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")])
        server = _signed(_named("server"), issuer, key, server_key.public_key(), hosts)
        authority = cls(folder / f"{name}.pem", folder / f"{name}-server.pem")
        authority.certificate.write_bytes(own.public_bytes(serialization.Encoding.PEM))
        private = server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        authority.chain.write_bytes(private + server.public_bytes(serialization.Encoding.PEM))
        return authority


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    public: ec.EllipticCurvePublicKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - _YEAR)
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    builder = builder.not_valid_after(now + _YEAR).add_extension(extension, critical=True)
    builder = builder.add_extension(identifier, critical=False).add_extension(signer, critical=False)
    return builder.sign(key, hashes.SHA256())


@contextmanager
def tls_in_front_of(target: str | int, authority: Authority, edit: Edit | None = None) -> Iterator[int]:
    """Yield the port of a pipe to `target`, a URL of a Unix socket or a port of this machine.

    `edit` changes the head of the first request of each connection, as a reverse proxy does.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.chain)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        threading.Thread(target=_serve, args=(listener, context, target, edit), daemon=True).start()
        yield listener.getsockname()[1]
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, context: ssl.SSLContext, target: str | int, edit: Edit | None) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_welcome, args=(client, context, target, edit), daemon=True).start()


def _welcome(client: socket.socket, context: ssl.SSLContext, target: str | int, edit: Edit | None) -> None:
    # A client that does not trust the certificate hangs up.
    with suppress(OSError), context.wrap_socket(client, server_side=True) as secured, _opened(target) as server:
        if edit:
            server.sendall(edit(_head(secured)))
        threading.Thread(target=pipe, args=(server, secured), daemon=True).start()
        pipe(secured, server)


def _opened(target: str | int) -> socket.socket:
    if isinstance(target, int):
        return socket.create_connection(("127.0.0.1", target))
    server = socket.socket(socket.AF_UNIX)
    server.connect(unquote(urlsplit(target).path))
    return server


def _head(source: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data and (more := source.recv(65536)):
        data += more
    return data


def as_reverse_proxy(client: str) -> Edit:
    """Return an edit that adds and removes headers as a proxy does for a client at that address.

    Each connection may have one request.
    """

    def edit(head: bytes) -> bytes:
        request, *lines = head.partition(b"\r\n\r\n")[0].split(b"\r\n")
        kept = [line for line in lines if not line.lower().startswith((b"x-forwarded-", b"connection:"))]
        host = next(line.partition(b":")[2].strip() for line in lines if line.lower().startswith(b"host:")).decode()
        added = [f"X-Forwarded-For: {client}", "X-Forwarded-Proto: https", f"X-Forwarded-Host: {host}"]
        closing = [*(line.encode() for line in added), b"Connection: close", b"", b""]
        return b"\r\n".join([request, *kept, *closing]) + head.partition(b"\r\n\r\n")[2]

    return edit
