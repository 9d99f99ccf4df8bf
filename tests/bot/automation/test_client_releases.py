"""The newest release of the client, by the index that pip is set up with: here a folder of this machine."""

import os

import pytest

from bot.automation.client_releases import CLIENT, newest_release
from bot.core.errors import BotException


@pytest.fixture
def index(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", tmp_path.as_uri())
    page = tmp_path / CLIENT / "index.html"
    page.parent.mkdir()
    return page


def test_it_is_the_greatest_release_that_the_index_has(index):
    names = [f"{CLIENT}-{version}-py3-none-any.whl" for version in ("3.2.2", "3.10.1", "3.9.9", "4.0.0rc1")]
    index.write_text("".join(f'<a href="{name}">{name}</a>' for name in names))
    assert newest_release() == "3.10.1"


def test_an_index_without_it_is_told(index):
    index.write_text("")
    with pytest.raises(BotException, match="PACKAGE_INDEX_AWAY"):
        newest_release()
