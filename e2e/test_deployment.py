"""The deployment of the README, followed to the letter: on PostgreSQL as hosts give it, behind TLS on both sides."""

import http.client
import json
import os
import re
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser
from sqlalchemy import make_url

from bot.config.environment import SETTINGS
from e2e.api import PASSWORD
from e2e.installation import Login
from e2e.test_arrival import create_user
from e2e.visitor import Visitor
from local import browser as chromium
from local import postgres, redis
from local.ports import free_port
from local.processes import bind_to_parent, end, wait_until
from local.stack import ADMIN_LINE, made_user
from tests.support.environment import KEY
from tests.support.tls import Authority, as_reverse_proxy, tls_in_front_of

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SECTION = README.split("\n## Deploy\n")[1].split("\n## ")[0]
COMMANDS = re.findall(r"^    (flask --app wsgi release|python -m .*?)(?: +#.*)?$", SECTION, re.MULTILINE)
NAMED = set(re.findall(r"`([A-Z_]{4,})(?:=\w+)?`", SECTION))
HOST, SOMEBODY = "bot.example.org", "203.0.113.7"
END_SECONDS = 30

pytestmark = pytest.mark.xdist_group("deployment")


class Deployment:
    """The commands of the README with these settings, one process each."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        # What is not said in the README, nobody knows of who follows it.
        assert settings.keys() <= NAMED
        others = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        self.env, self.folder = others | settings, folder
        self.release, *self.processes = COMMANDS

    def released(self) -> tuple[int, str, str]:
        """Status, output and what was said beside it."""
        done = subprocess.run(_python(self.release), cwd=ROOT, env=self.env, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    @contextmanager
    def running(self) -> Iterator[None]:
        """All processes; each has to end in order within the time that platforms give."""
        running = []
        with ExitStack() as stack:
            for number, command in enumerate(self.processes):
                log = stack.enter_context((self.folder / f"{number}.log").open("wb"))
                process = subprocess.Popen(
                    _python(command), cwd=ROOT, env=self.env, stdout=log, stderr=log, preexec_fn=bind_to_parent()
                )
                stack.callback(end, process, grace=5)
                running.append(process)
            yield
            for process in running:
                process.send_signal(signal.SIGTERM)
            assert [process.wait(END_SECONDS) for process in running] == [0, 0, 0], self.said()

    def said(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))


def _python(command: str) -> list[str]:
    program, *arguments = shlex.split(command)
    return [sys.executable, *([] if program == "python" else ["-m", program]), *arguments]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def server() -> Iterator[str]:
    """A superuser's URL of a PostgreSQL that nobody has prepared."""
    with postgres.running() as url:
        yield url


@pytest.fixture
def queue(tmp_path: Path, authority: Authority) -> Iterator[str]:
    """The address of a Redis that is reached by TLS alone."""
    with redis.running(tmp_path / "redis") as url, tls_in_front_of(url, authority) as port:
        yield f"rediss://127.0.0.1:{port}/0"


def superuser(url: str, *statements: str) -> None:
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def asked(port: int, authority: Authority, path: str, host: str = HOST) -> tuple[int, str]:
    """What the reverse proxy answers who calls it by that name."""
    context = ssl.create_default_context(cafile=authority.certificate)
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=60)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def as_the_platform_says() -> dict[str, str]:
    """What app.json sets by itself."""
    settings = json.loads((ROOT / "app.json").read_text())["env"]
    return {name: setting["value"] for name, setting in settings.items() if "value" in setting}


@pytest.mark.parametrize("host", ["its own, CREATEROLE", "managed, NOCREATEROLE", "a platform"])
def test_who_follows_the_readme_comes_to_a_running_product(
    host: str, tmp_path: Path, server: str, queue: str, authority: Authority, browser: Browser
) -> None:
    login = "CREATEROLE" if host == "its own, CREATEROLE" else "NOCREATEROLE"
    superuser(server, f"CREATE ROLE troupe LOGIN {login}", "CREATE DATABASE troupe OWNER troupe")
    address = make_url(server).set(drivername="postgres", username="troupe", database="troupe")
    port = free_port()
    trust = {"REDIS_CA_FILE": str(authority.certificate), "TRUSTED_PROXIES": "1"}
    deployment = Deployment(
        tmp_path,
        {
            "ENCRYPTION_KEYS": KEY,
            "PUBLIC_URL": f"https://{HOST}",
            "DATABASE_URL": address.render_as_string(hide_password=False),
            "REDIS_URL": queue,
            "INSTANCE_DIR": str(tmp_path / "instance"),
            "PORT": str(port),
            **(as_the_platform_says() if host == "a platform" else trust),
        },
    )
    status, output, told = deployment.released()
    if "NOCREATEROLE" in host:
        assert status != 0
        statements = re.findall(r"^  (.+);$", told, re.MULTILINE)
        superuser(str(make_url(server).set(database="troupe")), *statements)
        status, output, told = deployment.released()
    assert status == 0, told
    username, first = made_user(output, ADMIN_LINE) or ("", "")
    with deployment.running(), tls_in_front_of(port, authority, as_reverse_proxy(SOMEBODY)) as front:
        assert wait_until(lambda: _is_ready(front, authority), 90), deployment.said()
        assert asked(front, authority, "/login")[0] == 200
        assert asked(front, authority, "/login", "another.example.org")[0] == 400
        _, ready = asked(front, authority, "/api/ready")
        warned = {warning["code"] for warning in json.loads(ready)["warnings"]}
        assert ("ROW_SECURITY_MISSING" in warned) == (host == "a platform")
        _take_possession(browser, front, Login("", username, first))
    if host == "a platform":
        # Its disk lasts as long as the processes.
        shutil.rmtree(tmp_path / "instance")
        with deployment.running(), tls_in_front_of(port, authority, as_reverse_proxy(SOMEBODY)) as front:
            assert wait_until(lambda: _is_ready(front, authority), 90), deployment.said()
            with _visitor(browser, front) as visitor:
                visitor.sign_in(Login("", username, PASSWORD))
                visitor.sees(visitor.link("Admin"))
    assert "Traceback" not in deployment.said()
    assert ("redis_not_verified" in deployment.said()) == (host == "a platform")


def _is_ready(port: int, authority: Authority) -> bool:
    try:
        return asked(port, authority, "/api/ready")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


@contextmanager
def _visitor(browser: Browser, port: int) -> Iterator[Visitor]:
    """Somebody who reaches the product by its name and HTTPS alone."""
    resolver = f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{port}"
    own = browser.browser_type.launch(executable_path=chromium.find(), args=[*chromium.launch_arguments(), resolver])
    visitor = Visitor(own.new_context(ignore_https_errors=True), f"https://{HOST}")
    yield visitor
    assert visitor.complaints == []
    own.close()


def _take_possession(browser: Browser, port: int, first: Login) -> None:
    """The administrator chooses a password, makes a user, and is known by their own address."""
    with _visitor(browser, port) as visitor:
        visitor.open("/")
        visitor.sign_in(first)
        visitor.change_password(first.password, PASSWORD)
        create_user(visitor, "bea")
        cookies = {str(cookie.get("name")): cookie for cookie in visitor.context.cookies()}
        assert cookies
        assert all(name.startswith("__Host-") and cookie.get("secure") for name, cookie in cookies.items())
        visitor.open("/admin/audit")
        visitor.sees(visitor.page.get_by_text(SOMEBODY).first)
