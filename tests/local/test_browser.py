import os
import re
import subprocess
import sys
from pathlib import Path

import playwright
import pytest

from local import browser


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine on which no browser is found."""
    monkeypatch.delenv("E2E_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    return tmp_path


def program(path, text="#!/bin/sh\necho Chromium 1.0\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_where_none_is_it_says_what_to_install(bare):
    with pytest.raises(browser.BrowserUnavailable, match=r"apt-get install chromium.*E2E_CHROMIUM"):
        browser.find()


def test_the_systems_is_found(bare):
    expected = program(bare / "chromium")
    assert browser.find() == expected


def test_playwrights_own_comes_before_the_systems(bare):
    program(bare / "chromium")
    expected = program(bare / "chromium-1200" / "chrome-linux" / "chrome")
    assert browser.find() == expected


def test_the_named_one_comes_before_all(bare, monkeypatch):
    program(bare / "chromium")
    named = program(bare / "mine" / "chrome")
    monkeypatch.setenv("E2E_CHROMIUM", str(named))
    assert browser.find() == named


def test_one_that_does_not_start_is_passed_over(bare):
    program(bare / "chromium", "#!/bin/sh\nexit 127\n")
    expected = program(bare / "google-chrome")
    assert browser.find() == expected


def test_a_wrong_name_is_an_error_and_installs_nothing(bare, monkeypatch):
    monkeypatch.setenv("E2E_CHROMIUM", str(bare / "absent"))
    with pytest.raises(browser.BrowserUnavailable, match="E2E_CHROMIUM"):
        browser.ensure()


def test_the_command_fails_where_nothing_can_be_installed(bare):
    result = subprocess.run(
        [sys.executable, "-m", "local.browser"],
        env={"PATH": str(bare), "PLAYWRIGHT_BROWSERS_PATH": str(bare), "HOME": str(bare)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert "The browser tests need a browser" in result.stderr


def test_root_starts_it_without_its_sandbox():
    assert ("--no-sandbox" in browser.launch_arguments()) == (os.geteuid() == 0)


def test_what_playwright_switches_off_stays_off():
    driver = (Path(playwright.__file__).parent / "driver/package/lib/coreBundle.js").read_text()
    (listed,) = re.findall(r"disabledFeatures = \[(.*?)\]", driver, re.DOTALL)
    assert set(re.findall(r'^ *"(\w+)",?$', listed, re.MULTILINE)) - set(browser.DISABLED_FEATURES) == set()
    assert len(re.findall(r'^ *"(\w+)",?$', listed, re.MULTILINE)) > 10
    assert sum(one.startswith("--disable-features") for one in browser.launch_arguments()) == 1
