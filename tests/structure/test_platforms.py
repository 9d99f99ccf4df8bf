"""What platforms like Heroku read: app.json, .python-version and the Procfile say what the product says."""

import json
import sys
import tomllib

from bot.config.environment import Config
from tests.structure.source import ROOT

APP = json.loads((ROOT / "app.json").read_text())


def test_the_platform_is_asked_for_settings_that_there_are():
    assert APP["env"].keys() <= {name.upper() for name in Config.model_fields}


def test_what_the_platform_is_not_asked_for_can_be_started_with(monkeypatch):
    """With the addresses that its add-ons set."""
    for name, setting in APP["env"].items():
        if "value" in setting:
            monkeypatch.setenv(name, setting["value"])
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@host:5432/d0")
    monkeypatch.setenv("REDIS_URL", "rediss://:p@host:6380")
    monkeypatch.setenv("REDIS_TLS_URL", "rediss://:p@host:6380")
    monkeypatch.setenv("PUBLIC_URL", "https://my-app.herokuapp.com")
    assert Config.from_env().is_own_host("my-app.herokuapp.com")


def test_every_process_that_stays_is_started():
    names = [line.partition(":")[0] for line in (ROOT / "Procfile").read_text().splitlines()]
    assert list(APP["formation"]) == [name for name in names if name != "release"]


def test_the_version_of_python_is_one_that_is_allowed():
    version = (ROOT / ".python-version").read_text().strip()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={version}"
    assert sys.version_info >= tuple(map(int, version.split(".")))
