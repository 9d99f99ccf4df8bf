"""A running product per kind of database and run, a browser, and what is kept of a journey that fails."""

import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, ViewportSize, expect, sync_playwright

from e2e.addresses import Pages, app_in
from e2e.installation import SQLITE, Installation, Installations
from e2e.visitor import PATIENCE, Visitor
from e2e.walkthrough import Walkthrough
from local import browser as chromium
from tests.support.listener import Listener

FAILED = pytest.StashKey[bool]()
PROGRAMS = ("web", "worker", "clock", "sandbox")
SCREEN = ViewportSize(width=1280, height=900)

Visit = Callable[..., Visitor]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A product is slow to start: the journeys on one kind of database are one group, which one process runs."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            callspec = getattr(item, "callspec", None)
            kind = callspec.params.get("kind", SQLITE) if callspec else SQLITE
            if not item.get_closest_marker("xdist_group"):
                item.add_marker(pytest.mark.xdist_group(f"e2e-{kind}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture
def kind() -> str:
    """The kind of database; a test that goes for both parametrizes it."""
    return SQLITE


@pytest.fixture(scope="session")
def installations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installations]:
    with Installations(tmp_path_factory.mktemp("houses")) as installations:
        yield installations


@pytest.fixture
def installation(request: pytest.FixtureRequest, installations: Installations, kind: str) -> Iterator[Installation]:
    """The installation of that kind, in which tests meet nobody but the people that they ask it for."""
    installation = installations.standing(kind)
    yield installation
    _keep_logs(request, installation)


@pytest.fixture
def new_installation(request: pytest.FixtureRequest, installations: Installations, kind: str) -> Iterator[Installation]:
    """An installation in which nobody has signed in yet; a test that goes well says who administers it from then on."""
    installation = installations.new(kind)
    yield installation
    _keep_logs(request, installation)
    if not _failed(request):
        installations.keep(kind, installation)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.find(), args=chromium.launch_arguments(), timeout=PATIENCE
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Visit]:
    """Open a browser on an installation: `visit(installation)`. The test fails on any complaint of a browser."""
    visitors: list[Visitor] = []

    def begin(installation: Installation, *, java_script: bool = True) -> Visitor:
        context = browser.new_context(viewport=SCREEN, java_script_enabled=java_script, reduced_motion="reduce")
        # The snapshots show each page as it was before and after each step, and take a sixth of the time.
        context.tracing.start(screenshots=False, snapshots="SNAPSHOTS" in os.environ)
        visitors.append(Visitor(context, installation.address))
        return visitors[-1]

    yield begin
    complaints = [complaint for visitor in visitors for complaint in visitor.complaints]
    failed = _failed(request) or bool(complaints)
    for number, visitor in enumerate(visitors, 1):
        visitor.close(_results(request, f"visitor-{number}") if failed else None)
    assert complaints == []


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A server that webhooks can reach, and what it was sent."""
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture(scope="session")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An application of which only the addresses are asked."""
    return app_in(tmp_path_factory.mktemp("addresses"))


@pytest.fixture
def walkthrough(installation: Installation, visit: Visit, addresses: Flask) -> Iterator[Walkthrough]:
    """A browser on the installation whose visitor looks at pages; the test fails on anything that is wrong with one."""
    walkthrough = Walkthrough(visit(installation), Pages(addresses))
    yield walkthrough
    assert walkthrough.findings == []


def _failed(request: pytest.FixtureRequest) -> bool:
    return bool(request.node.stash.get(FAILED, False))


def _results(request: pytest.FixtureRequest, part: str = "") -> Path:
    """The folder for what is kept of this test."""
    folder = request.config.rootpath / "test-results" / re.sub(r"\W+", "-", request.node.name).strip("-") / part
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _keep_logs(request: pytest.FixtureRequest, installation: Installation) -> None:
    if _failed(request):
        for name in PROGRAMS:
            shutil.copy(installation.stack.log(name), _results(request))
