"""Settings of the environment. The system refuses to start on a missing, weak or sample secret."""

import base64
import binascii
import grp
import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.config.misspelled import misspelt
from bot.config.server_addresses import MailServer, check_ca_file, check_redis, database_address, redis_address
from bot.inputs.mail_addresses import MailAddress

KEY_BYTES = 32
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_DSN = re.compile(r"https?://[^\s/@:]+(:[^\s/@]+)?@[^\s/@]+/(\S*/)?\d+")
_HOST = re.compile(r"\*|\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]+")


class ConfigError(Exception):
    """The environment does not describe a system that may start. The text names the setting and the reason."""


class Config(BaseSettings):
    """Every setting, named like its environment variable. Times are in seconds."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", case_sensitive=False)

    port: int = Field(8000, ge=1, le=65535, description="Port of the web server.")
    instance_dir: Path = Field(Path("instance"), description="Folder of the database, the keys and the memory files.")
    instance_group: str = Field("", description="Group of the machine that shares INSTANCE_DIR; empty: nobody.")
    database_url: str = Field("", description="SQLAlchemy URL; empty: SQLite in INSTANCE_DIR.")
    database_single_role: bool = Field(False, description="Whether the login of PostgreSQL is the only role there is.")
    redis_url: str = Field("redis://127.0.0.1:6379/0", description="Redis that holds the lanes.")
    redis_ca_file: Path | None = Field(None, description="The certificates that sign that of a Redis behind rediss://.")
    redis_tls_verify: bool = Field(True, description="Whether the certificate of a Redis behind rediss:// is checked.")
    admin_username: str = Field("admin", min_length=1, max_length=64, description="Name of the first admin.")
    admin_password: SecretStr | None = Field(None, description="First password of the admin; else random.")
    session_timeout: int = Field(3600, ge=60, le=86400, description="Idle seconds after which a sign-in ends.")
    session_lifetime: int = Field(86400, ge=300, le=30 * 86400, description="Seconds until a sign-in ends anyway.")
    session_remember: int = Field(0, ge=0, le=30, description="Days that a remembered sign-in lasts; 0: none is.")
    require_admin_second_factor: bool = Field(
        False, description="Whether administrators can do nothing before they have set up a second factor."
    )
    session_storage: Literal["database", "redis", "memory"] = Field(
        "database", description="Where it is kept which sign-ins are in use."
    )
    web_concurrency: int = Field(1, ge=1, le=256, description="Processes of the web server.")
    allow_registration: bool = Field(False, description="Whether anybody may register, with a verified address.")
    allow_instagram_sign_in: bool = Field(
        False, description="Whether POST /api/login makes a user of whoever signs in at Instagram."
    )
    encryption_keys: SecretStr = Field(SecretStr(""), description="`id:base64 of 32 bytes`, by commas.")
    encryption_keys_file: Path | None = Field(None, description="File with the same, one key a line.")
    lost_encryption_keys: str = Field("", max_length=200, description="Ids of keys that are gone for good, by commas.")
    instagram_sandbox: bool = Field(False, description="Talk to the local sandbox instead of Instagram.")
    sandbox_port: int = Field(8001, ge=1, le=65535, description="Port of the sandbox's control pages.")
    instagram_timeout: float = Field(20.0, gt=0, le=25, description="Seconds that one call to Instagram may take.")
    effect_check_one_in: int = Field(
        20, ge=0, le=1000, description="Of this many likes or story views one is looked up; 0: only after a push-back."
    )
    worker_processes: int = Field(1, ge=0, le=64, description="Processes of one worker; 0: one for each core.")
    worker_threads: int = Field(16, ge=1, le=64, description="Threads of one worker process.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="What the log holds: lines of this level and above."
    )
    worker_isolation: Literal["thread", "process"] = Field(
        "thread", description="Whether each job of a bot runs in a thread of the worker or in a process of its own."
    )
    sentry_dsn: SecretStr | None = Field(None, description="Where Sentry is told of what the operator has to act on.")
    operator_email: MailAddress | None = Field(None, description="Who is mailed every fault of the product at once.")
    metrics_token: SecretStr | None = Field(None, min_length=16, description="Opens /metrics to who sends it.")
    allowed_hosts: str = Field("", description="Names by which the server is called, by commas; `*` for any.")
    trusted_proxies: int = Field(0, ge=0, le=5, description="Reverse proxies in front whose headers are believed.")
    secure_cookies: bool = Field(True, description="Cookies only over HTTPS; off only on loopback.")
    public_url: str = Field("", description="Where people reach the pages; links in mails begin with it.")
    smtp_url: SecretStr | None = Field(None, description="`smtps://user:password@host:465`, or `smtp://` for STARTTLS.")
    smtp_timeout: float = Field(20.0, gt=0, le=60, description="Seconds that the mail server may take for one answer.")
    mail_from: MailAddress | None = Field(None, description="The address that mails come from.")

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_any_case(cls, value: str) -> str:
        return value.lower()

    @field_validator("instance_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.resolve()

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        return database_address(value) if value else value

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        check_redis(value)
        return value

    @field_validator("redis_ca_file")
    @classmethod
    def _certificates(cls, value: Path | None) -> Path | None:
        if value is not None:
            check_ca_file(value)
        return value

    @model_validator(mode="after")
    def _trust_is_clear(self) -> Self:
        named = {"REDIS_CA_FILE": self.redis_ca_file is not None, "REDIS_TLS_VERIFY=off": not self.redis_tls_verify}
        given = [name for name, is_given in named.items() if is_given]
        if given and not self.redis_url.startswith("rediss://"):
            raise ValueError(f"{given[0]} is for a REDIS_URL that begins with rediss://")
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} contradict each other: keep the first")
        if self.database_single_role and not self.database_url.startswith("postgresql"):
            raise ValueError("DATABASE_SINGLE_ROLE is for PostgreSQL: set DATABASE_URL")
        return self

    @field_validator("instance_group")
    @classmethod
    def _group(cls, value: str) -> str:
        if value and not value.isdecimal():
            try:
                grp.getgrnam(value)
            except KeyError:
                raise ValueError(f"there is no group {value} on this machine") from None
        return value

    @field_validator("admin_password")
    @classmethod
    def _strong(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 10:
            raise ValueError("is shorter than 10 characters")
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _names(cls, value: str) -> str:
        names = [name.strip().lower() for name in value.split(",") if name.strip()]
        if wrong := next((name for name in names if not _HOST.fullmatch(name)), None):
            raise ValueError(f"{wrong} is no name of a host, like bot.example.org, .example.org or *")
        return ",".join(names)

    @model_validator(mode="after")
    def _secure_unless_sandbox(self) -> Self:
        if not self.secure_cookies and not self.instagram_sandbox:
            raise ValueError("SECURE_COOKIES may be off only together with INSTAGRAM_SANDBOX")
        return self

    @model_validator(mode="after")
    def _memory_of_one_process(self) -> Self:
        if self.session_storage == "memory" and self.web_concurrency > 1:
            text = "keeps sign-ins in one process, and WEB_CONCURRENCY asks for several: use database or redis"
            raise ValueError(f"SESSION_STORAGE=memory {text}")
        return self

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise ValueError("is not an address like https://troupe.example.org")
        if parts.path.strip("/") or parts.query or parts.fragment or not value.isprintable():
            raise ValueError("holds more than https:// and a host")
        return value.rstrip("/")

    @field_validator("sentry_dsn")
    @classmethod
    def _of_sentry(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _DSN.fullmatch(value.get_secret_value()):
            raise ValueError("is not like https://key@host/number")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            MailServer.parse(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Self:
        if self.public_url.startswith("http://") and not self.instagram_sandbox:
            raise ValueError("PUBLIC_URL has to begin with https://: links in mails let people in")
        missing = [name for name in ("mail_from", "public_url") if self.smtp_url and not getattr(self, name)]
        if missing:
            raise ValueError(f"SMTP_URL needs {' and '.join(missing).upper()} beside it")
        if self.operator_email and not self.has_mail:
            raise ValueError("OPERATOR_EMAIL needs SMTP_URL")
        if self.allow_registration and not self.has_mail:
            raise ValueError("ALLOW_REGISTRATION needs SMTP_URL: addresses are verified by mail")
        return self

    def idle_timeout(self, kind: str) -> timedelta:
        """Return how long a sign-in of that kind lasts without use."""
        if kind == "remembered" and self.session_remember:
            return timedelta(days=self.session_remember)
        return timedelta(seconds=self.session_timeout)

    def lifetime(self, kind: str) -> timedelta:
        """Return how long a sign-in of that kind lasts, used or not."""
        if kind == "remembered" and self.session_remember:
            return timedelta(days=self.session_remember)
        return timedelta(seconds=self.session_lifetime)

    @property
    def mails_stay_here(self) -> bool:
        """Return whether mails are not sent. In the demo everybody on this machine reads them at /outbox."""
        return self.instagram_sandbox and self.smtp_url is None

    @property
    def has_mail(self) -> bool:
        return self.smtp_url is not None or self.mails_stay_here

    @property
    def mail_server(self) -> MailServer | None:
        return MailServer.parse(self.smtp_url.get_secret_value()) if self.smtp_url else None

    @property
    def address(self) -> str:
        """Return the origin of links in mails. It never comes from a request header, which anybody can forge."""
        return self.public_url or f"http://127.0.0.1:{self.port}"

    def is_own_host(self, name: str) -> bool:
        """Return whether the server answers to that name: of loopback, of PUBLIC_URL, or of ALLOWED_HOSTS.

        `name` has no port. An allowed name that begins with a dot matches all names below it.
        """
        allowed = {*_LOOPBACK, *self.allowed_hosts.split(","), urlsplit(self.public_url).hostname or ""}
        name = name.removesuffix(".").lower()
        below = any(name.endswith(one) for one in allowed if one.startswith("."))
        return "*" in allowed or (name != "" and (name in allowed or below))

    @property
    def instance_gid(self) -> int | None:
        """The id of INSTANCE_GROUP, or None if the files belong to this user alone."""
        if not self.instance_group:
            return None
        return int(self.instance_group) if self.instance_group.isdecimal() else grp.getgrnam(self.instance_group).gr_gid

    @property
    def umask(self) -> int:
        """The permissions that new files and folders withhold from others."""
        return 0o007 if self.instance_group else 0o077

    @property
    def processes(self) -> int:
        """The number of processes of one worker."""
        return self.worker_processes or len(os.sched_getaffinity(0))

    @property
    def sqlalchemy_url(self) -> str:
        return self.database_url or f"sqlite:///{self.instance_dir / 'troupe.db'}"

    @property
    def redis_address(self) -> str:
        """The URL for every Redis client. REDIS_URL alone does not say which certificate to trust."""
        return redis_address(self.redis_url, self.redis_ca_file, verify=self.redis_tls_verify)

    @property
    def lost_keys(self) -> frozenset[str]:
        """The ids of keys that the system may start without. Values that they sealed stay closed."""
        return frozenset(part.strip() for part in self.lost_encryption_keys.split(",") if part.strip())

    def master_keys(self) -> dict[str, bytes]:
        """Return 32-byte keys by id, the current key first. Raises ConfigError on a missing, weak or sample key."""
        text = self.encryption_keys.get_secret_value()
        if not text and self.encryption_keys_file:
            text = _read(self.encryption_keys_file)
        entries = [entry.strip() for entry in text.replace("\n", ",").split(",") if entry.strip()]
        if not entries:
            raise ConfigError("ENCRYPTION_KEYS or ENCRYPTION_KEYS_FILE is missing: make one with `make key`.")
        keys = dict(_parse_key(entry) for entry in entries)
        if len(keys) != len(entries):
            raise ConfigError("ENCRYPTION_KEYS names the same key id twice.")
        return keys

    @classmethod
    def from_env(cls, **overrides: object) -> Self:
        """Read the settings from the environment. `overrides` win. Raises ConfigError that names each bad setting."""
        # pydantic checks their types.
        return _checked([*os.environ, *overrides], lambda: cls(**overrides))  # type: ignore[arg-type]


SETTINGS = frozenset(name.upper() for name in Config.model_fields)
"""The names of all settings, in upper case."""
_Settings = TypeVar("_Settings", bound=Config)


class _Given(Config):
    """A Config that reads its arguments and nothing else."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: Any, *_: Any, **__: Any
    ) -> tuple[Any, ...]:
        return (init_settings,)


def config_of(environment: Mapping[str, str]) -> Config:
    """Return the settings of another process, from its environment alone. Raises ConfigError that names each bad
    setting.
    """
    values: dict[str, Any] = {name.lower(): value for name, value in environment.items() if name.upper() in SETTINGS}
    return _checked(environment, lambda: _Given(**values))


def _checked(names: Iterable[str], read: Callable[[], _Settings]) -> _Settings:
    if slips := misspelt(names, SETTINGS):
        raise ConfigError("; ".join(f"{name} is no setting: did you mean {slips[name]}?" for name in slips))
    try:
        return read()
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, item['loc'])).upper()}: {item['msg'].removeprefix('Value error, ')}".lstrip(": ")
            for item in error.errors(include_input=False, include_url=False)
        )
        raise ConfigError(problems) from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"ENCRYPTION_KEYS_FILE cannot be read: {path}") from None


def _parse_key(entry: str) -> tuple[str, bytes]:
    key_id, separator, encoded = entry.partition(":")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if not separator or not key_id.isalnum() or len(key) != KEY_BYTES:
        raise ConfigError("ENCRYPTION_KEYS: each key is `id:base64 of exactly 32 bytes`.")
    if len(set(key)) < 16:
        raise ConfigError(f"ENCRYPTION_KEYS: key {key_id} is weak or a sample: make one with `make key`.")
    return key_id, key
