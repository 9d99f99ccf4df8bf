"""The address of Instagram: the real one, through the account's own proxy if it has one, or the sandbox."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import NamedTemporaryFile

import requests
from curl_cffi.curl import DEFAULT_CACERT

from bot.config.environment import Config
from bot.core.errors import BotException
from jobs.instagram.authorities import one_file_each

CONNECTION_SECONDS = 5


@dataclass(frozen=True)
class Endpoint:
    """An address of Instagram. `proxy` is a URL that may hold a password, or None.

    `ca_file` is set for the sandbox only; with it, proxies and certificates named in the environment are ignored. `own`
    says that the proxy is the account's own, so that faults on the way are reported as the proxy's. `authorities` is a
    folder of `one_file_each`.
    """

    proxy: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    own: bool = False
    authorities: Path | None = None

    def through(self, proxy: str | None) -> "Endpoint":
        """Return this endpoint by way of an account's own proxy, if it has one."""
        return replace(self, proxy=proxy, own=True) if proxy else self


def real_endpoint(config: Config) -> Endpoint:
    """Return the real Instagram."""
    return Endpoint(authorities=one_file_each(Path(DEFAULT_CACERT), config.instance_dir))


def sandbox_endpoint(config: Config) -> Endpoint:
    """Ask the sandbox on SANDBOX_PORT for its address, and store its CA in INSTANCE_DIR. Keep the answer.

    Raises INSTAGRAM_UNREACHABLE if the sandbox does not answer, INSTAGRAM_UNREADABLE if the answer is malformed.
    """
    failure = "INSTAGRAM_UNREACHABLE"
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"http://127.0.0.1:{config.sandbox_port}/connection", timeout=CONNECTION_SECONDS)
        failure = "INSTAGRAM_UNREADABLE"
        connection = answer.json()
        return Endpoint(str(connection["proxy"]), _keep(config.instance_dir, str(connection["ca_pem"])))
    except (requests.RequestException, KeyError, TypeError):
        raise BotException(failure, delivered="no") from None


def _keep(folder: Path, pem: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "sandbox-ca.pem"
    if not path.is_file() or path.read_text(encoding="ascii") != pem:
        with NamedTemporaryFile("w", dir=folder, encoding="ascii", delete=False) as file:
            file.write(pem)
        os.replace(file.name, path)
    return str(path)
