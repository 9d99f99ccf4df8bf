"""Addresses of database, Redis and mail server. A bad one is refused without repeating its password."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import quote, unquote, urlsplit

from redis.connection import parse_url
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

_DATABASE = "is not an address like postgresql://user:password@host:5432/name"
_REDIS = "is not an address like redis://:password@host:6379/0, rediss://… for TLS, or unix:///path?db=0"


def database_address(text: str) -> str:
    """Return the URL for SQLAlchemy. Names that hosts and other tools use, like `postgres://`, are translated.

    Raises ValueError for a database that the product does not support.
    """
    url = _parsed(text)
    kind = url.get_backend_name()
    if kind in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
        _check_postgresql(url)
    elif kind == "sqlite":
        if url.database in (None, "", ":memory:") or url.host:
            raise ValueError("is no file of SQLite, like sqlite:////var/lib/troupe/troupe.db")
    else:
        raise ValueError(f"{_DATABASE}: {kind} is neither PostgreSQL nor SQLite")
    return url.render_as_string(hide_password=False)


def _parsed(text: str) -> URL:
    try:
        return make_url(text.strip())
    except (ArgumentError, ValueError):
        raise ValueError(_DATABASE) from None


def _check_postgresql(url: URL) -> None:
    from psycopg import ProgrammingError
    from psycopg.conninfo import make_conninfo

    if not url.database and not {"dbname", "service"} & url.query.keys():
        raise ValueError(f"{_DATABASE}: it names no database")
    try:
        make_conninfo(**{name: value for name, value in url.query.items() if isinstance(value, str)})
    except ProgrammingError:
        raise ValueError(f"{_DATABASE}: PostgreSQL knows no option of those behind the question mark") from None


def check_redis(text: str) -> None:
    """Raise ValueError if the text is no URL of a Redis that the product can use."""
    try:
        parse_url(text)  # type: ignore[no-untyped-call]
        parts = urlsplit(text)
        whole = parts.path if parts.scheme == "unix" else parts.hostname
        database = parts.path.strip("/")
    except ValueError:
        raise ValueError(_REDIS) from None
    if not whole or (parts.scheme != "unix" and database and not database.isdigit()):
        raise ValueError(_REDIS)
    if "ssl_" in parts.query:
        raise ValueError("holds ssl_ options: use REDIS_CA_FILE or REDIS_TLS_VERIFY instead")


def redis_address(text: str, ca_file: Path | None, *, verify: bool) -> str:
    """Return the URL for every Redis library, with the certificate to trust."""
    option = f"ssl_ca_certs={quote(str(ca_file))}" if ca_file else "" if verify else "ssl_cert_reqs=none"
    if not option:
        return text
    return f"{text}{'&' if urlsplit(text).query else '?'}{option}"


def check_ca_file(path: Path) -> None:
    """Raise ValueError if the file holds no certificate."""
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:
        # ssl.SSLError is an OSError.
        what = "is no file of certificates (PEM)" if isinstance(error, ssl.SSLError) else "cannot be read"
        raise ValueError(f"{path} {what}") from None


@dataclass(frozen=True)
class MailServer:
    """The server that takes mails. `encrypted` means TLS from the first byte; otherwise STARTTLS upgrades the
    connection.
    """

    host: str
    port: int
    encrypted: bool
    username: str
    password: str = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raise ValueError if the URL is malformed. Its text leaves out the URL, which holds a password."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ValueError("is not like smtps://user:password@host:465") from None
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
            raise ValueError("is not like smtps://user:password@host:465")
        encrypted = parts.scheme == "smtps"
        username, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.hostname, port or (465 if encrypted else 587), encrypted, username, password)
