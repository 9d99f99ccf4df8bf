"""The comparing of two clients by `make upstream`; its tests and its index are tried by running it."""

import json
import os

import pytest

from tests.support import upstream
from tests.support.upstream import changes, unmet
from tests.support.upstream_facts import challenge_steps, facts

PINNED = {
    "version": "3.2.2",
    "app": {"app_version": "449.0", "version_code": "1"},
    "exceptions": {"ClientError": "Exception", "Gone": "ClientError", "Moved": "ClientError"},
    "challenge steps": ["add_birthday", "submit_phone"],
    "requirements": ["pydantic>=2"],
}


def test_two_clients_that_are_the_same_have_no_change():
    assert list(changes(PINNED, json.loads(json.dumps(PINNED)))) == []


@pytest.mark.parametrize(
    ("name", "newest", "lines"),
    [
        ("version", "3.3.0", ["version: 3.2.2 → 3.3.0"]),
        ("app", {"app_version": "450.0", "version_code": "1"}, ["app: app_version: 449.0 → 450.0"]),
        (
            "exceptions",
            {"Moved": "Exception", "ClientError": "Exception", "New": "Moved"},
            ["exceptions: gone: Gone", "exceptions: Moved: ClientError → Exception", "exceptions: new: New (Moved)"],
        ),
        (
            "challenge steps",
            ["add_birthday", "add_selfie"],
            ["challenge steps: new: add_selfie", "challenge steps: gone: submit_phone"],
        ),
        ("something else", "new", ["something else: None → new"]),
    ],
)  # fmt: skip
def test_each_change_is_a_line(name, newest, lines):
    assert list(changes(PINNED, PINNED | {name: newest})) == lines


def test_steps_of_challenges_are_read_from_the_source():
    source = """
def resolve(self, step_name, other):
    if step_name == "one" or other == "not a step":
        pass
    elif step_name in ("two", "three"):
        pass
    elif self.last_json.get("step_name") != "four":
        pass
"""
    assert challenge_steps(source) == ["four", "one", "three", "two"]


def test_the_facts_of_the_installed_client_are_what_the_product_leans_on():
    known = facts()
    assert known["app"]["app_version"] in known["known apps"]
    assert known["exceptions"]["ChallengeRequired"] == "ChallengeError"
    assert {"delta_login_review", "select_verify_method", "submit_phone"} <= set(known["challenge steps"])


@pytest.mark.parametrize(
    ("requirement", "missing"),
    [
        ("pytest", False),
        ("pytest>=1", False),
        ("pytest>=1000", True),
        ("no-such-package-anywhere", True),
        ('no-such-package-anywhere; python_version < "3"', False),
    ],
)
def test_a_package_that_the_newest_client_needs_and_the_pinned_ones_do_not_meet(requirement, missing):
    assert bool(unmet([requirement])) == missing


def test_an_index_that_does_not_answer_is_told(tmp_path, monkeypatch, capfd):
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", tmp_path.as_uri())
    monkeypatch.setattr(upstream, "SCRATCH", tmp_path / "scratch")
    assert upstream.main([]) == upstream.NO_INDEX
    assert "Nothing was compared" in capfd.readouterr().err
