"""The contracts of the imports find what they are for: an arrow is planted against each, and it is broken."""

import tomllib
from collections.abc import Mapping
from copy import deepcopy
from importlib import import_module
from typing import Any

import grimp
import pytest
from importlinter.configuration import configure
from importlinter.domain.contract import Contract

from tests.structure.source import ROOT

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CLASSES = {
    "layers": "importlinter.contracts.layers:LayersContract",
    "forbidden": "importlinter.contracts.forbidden:ForbiddenContract",
    "protected": "importlinter.contracts.protected:ProtectedContract",
}
# Contract → importer and imported, one arrow for each way in which it can be broken.
PLANTED = {
    "The floors of bot": [
        ("bot.core.errors", "bot.storage.engine"),
        ("bot.storage.engine", "bot.vault.cipher"),
        ("bot.vault.cipher", "bot.network.addresses"),
        ("bot.auth.sessions", "bot.users.directory"),
        ("bot.decision.decide", "bot.steps.step"),
        ("bot.settings.ceilings", "bot.steps.step"),
        ("bot.operations.release", "bot.app"),
    ],
    "Pages, API and jobs stand on bot and not on each other": [
        ("web.actions", "api.actions"),
        ("api.actions", "jobs.tasks"),
        ("middleware.access", "web.actions"),
        ("bot.users.directory", "middleware.access"),
    ],
    "Jobs know no HTTP": [("jobs.tasks", "middleware.access")],
    "Only jobs.instagram knows the client of Instagram": [("jobs.tasks", "instagrapi")],
    "The web process never loads the client of Instagram": [("bot.linking.proxy", "instagrapi")],
    "The sandbox stands alone": [("sandbox.world", "bot.core.errors"), ("sandbox.world", "instagrapi")],
    "Nothing stands on the sandbox or on what runs one machine": [
        ("jobs.tasks", "sandbox.world"),
        ("bot.app", "local"),
    ],
    "What runs one machine knows the settings and nothing else": [("local.stack", "bot.storage.engine")],
    "bot sees no request": [("bot.users.directory", "apiflask"), ("bot.app", "flask_wtf")],
}


ARROWS = [(name, *arrow) for name, arrows in PLANTED.items() for arrow in arrows]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    configure()
    return grimp.build_graph(*SETTINGS["root_packages"], include_external_packages=True, cache_dir=None)


def made(options: Mapping[str, Any]) -> Contract:
    """The contract as import-linter makes it from its entry in pyproject.toml."""
    module, _, name = CLASSES[options["type"]].partition(":")
    rest = {key: value for key, value in options.items() if key not in ("name", "type")}
    rest = {key: str(value) if isinstance(value, bool) else value for key, value in rest.items()}
    contract: Contract = getattr(import_module(module), name)(options["name"], SETTINGS, rest)
    return contract


CONTRACTS = {options["name"]: options for options in SETTINGS["contracts"]}


def test_every_contract_has_a_planted_arrow():
    assert CONTRACTS.keys() == PLANTED.keys()


def holds(graph: grimp.ImportGraph, name: str) -> bool:
    # A contract takes what it ignores out of the graph that it is given.
    return made(CONTRACTS[name]).check(deepcopy(graph), verbose=False).kept


@pytest.mark.parametrize("name", CONTRACTS)
def test_it_holds(graph, name):
    assert holds(graph, name)


@pytest.mark.parametrize(("name", "importer", "imported"), ARROWS)
def test_an_arrow_that_is_planted_is_found(graph, name, importer, imported):
    planted = deepcopy(graph)
    planted.add_import(importer=importer, imported=imported, line_number=1, line_contents="")
    assert not holds(planted, name)


def test_a_package_that_names_no_floor_is_found(graph):
    planted = deepcopy(graph)
    planted.add_module("bot.unheard_of")
    assert not holds(planted, "The floors of bot")
