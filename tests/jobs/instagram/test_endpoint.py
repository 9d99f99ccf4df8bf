"""Finding the sandbox."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.config.environment import Config
from bot.core.errors import BotException
from jobs.instagram import InstagramAuth, Linked, sandbox_endpoint
from tests.jobs.instagram.conftest import Sandbox


def config_for(port: int | None, folder: Path) -> Config:
    return Config.from_env(sandbox_port=port, instance_dir=folder, instagram_sandbox=True)


@pytest.mark.usefixtures("environment_of_a_company")
def test_the_sandbox_says_how_it_is_reached(sandbox: Sandbox, tmp_path: Path) -> None:
    config = config_for(urlsplit(sandbox.url).port, tmp_path / "instance")

    endpoint = sandbox_endpoint(config)

    assert sandbox_endpoint(config) == endpoint
    assert [path.name for path in config.instance_dir.iterdir()] == ["sandbox-ca.pem"]
    linked = InstagramAuth(endpoint).login("plain_01", sandbox.password("plain_01"))
    assert isinstance(linked, Linked)


def test_a_sandbox_that_was_started_anew_is_trusted_again(sandbox: Sandbox, tmp_path: Path) -> None:
    config = config_for(urlsplit(sandbox.url).port, tmp_path)
    (tmp_path / "sandbox-ca.pem").write_text("of an earlier one")

    endpoint = sandbox_endpoint(config)

    assert "BEGIN CERTIFICATE" in Path(str(endpoint.ca_file)).read_text()


def test_no_sandbox_is_named(unused_port: int, tmp_path: Path) -> None:
    with pytest.raises(BotException) as caught:
        sandbox_endpoint(config_for(unused_port, tmp_path))

    assert caught.value.name == "INSTAGRAM_UNREACHABLE"


def test_something_else_on_its_port_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    proxy_port = urlsplit(str(sandbox.endpoint.proxy)).port

    with pytest.raises(BotException) as caught:
        sandbox_endpoint(config_for(proxy_port, tmp_path))

    assert caught.value.name in ("INSTAGRAM_UNREACHABLE", "INSTAGRAM_UNREADABLE")
