"""What the first design names in code and files is there under its name, and is used."""

import json
import re
import tomllib

import pytest

from bot.auth.sessions import SessionInfo, SessionManager, sessions
from bot.decision.kinds import BY_HAND, STEP_KIND
from jobs.instance import BotInstance, BotInstanceManager
from jobs.tasks import instances
from middleware.access import access_of
from tests.structure.source import ROOT, product_files

FOLDERS = ("api", "web", "jobs", "migrations", "e2e", "tests")
PACKAGES = {
    "flask": "flask",
    "flask-login": "flask_login",
    "flask-limiter": "flask_limiter",
    "flask-migrate": "flask_migrate",
    "instagrapi": "instagrapi",
    "rq": "rq",
    "redis": "redis",
    "cryptography": "cryptography",
    "structlog": "structlog",
}
TESTS_WITH = ("pytest", "playwright")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CODE = "\n".join(path.read_text() for path in product_files())
LOCKED = (ROOT / "requirements.txt").read_text()
WRITTEN = {
    "README.md": ["The API at a glance", "Known limits", "Deploy"],
    "CHANGELOG.md": ["Unreleased"],
    "docs/first-version.md": ["Moving over from a single-user installation", "Intended differences"],
    "docs/operations.md": ["Sign-ins", "When something is away", "A user has a problem", "Go back"],
    "docs/runbook.md": ["Signing in and challenges", "Push-backs while a bot works"],
}


def names(requirements):
    return {re.split(r"[\[=<>]", one)[0] for one in requirements}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_of_the_first_design_is_at_the_top_and_holds_code(folder):
    assert list((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_of_the_first_design_is_required_locked_and_used(package):
    assert package in names(PROJECT["project"]["dependencies"])
    assert re.search(rf"^{package}(\[\w+\])?==", LOCKED, re.MULTILINE)
    assert re.search(rf"^ *(from|import) {PACKAGES[package]}\b", CODE, re.MULTILINE)


@pytest.mark.parametrize("package", TESTS_WITH)
def test_a_package_that_tests_are_to_use_is_required_for_them(package):
    assert package in names(PROJECT["dependency-groups"]["dev"])


@pytest.mark.parametrize(("page", "headings"), WRITTEN.items(), ids=WRITTEN)
def test_what_is_to_be_written_down_has_its_heading_and_a_text(page, headings):
    parts = re.split(r"^#+ (.+)$", (ROOT / page).read_text(), flags=re.MULTILINE)
    written = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert [heading for heading in headings if heading not in written] == []
    assert [heading for heading in headings if page != "CHANGELOG.md" and len(written[heading]) < 100] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_classes_of_the_first_design_do_the_work(base_app, alice):
    assert isinstance(sessions, SessionManager)
    who = sessions.find(alice.token, "bearer")
    assert isinstance(who, SessionInfo)
    manager = instances()
    assert isinstance(manager, BotInstanceManager)
    with manager.use(alice.id) as instance:
        assert isinstance(instance, BotInstance)
    manager.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whatever_places_an_action_declares_that_it_needs_a_valid_session(app):
    of_actions = {
        rule.rule: access_of(app.view_functions[rule.endpoint])
        for rule in app.url_map.iter_rules()
        if re.fullmatch(r"/api/bot/actions/[a-z-]+", rule.rule) and "POST" in rule.methods
    }
    # A dry run of messages asks nobody anything, so that theirs is refused where it becomes an action.
    assert of_actions.pop("/api/bot/actions/send-messages")
    assert len(of_actions) == len(STEP_KIND.keys() - BY_HAND) - 1
    assert [path for path, access in of_actions.items() if not access.valid_session] == []


def test_the_command_of_the_first_design_runs_the_journeys():
    scripts = json.loads((ROOT / "e2e" / "package.json").read_text())["scripts"]
    assert scripts == {"test:e2e": "make -C .. journeys"}
