import json
import re

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from local.sbom import ROOT, VENDORED, bill_of_materials

# One process makes the list, for all of them.
pytestmark = pytest.mark.xdist_group("sbom")
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)


@pytest.fixture(scope="module")
def bill():
    return bill_of_materials()


def test_it_is_cyclonedx(bill):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None


def test_it_names_every_locked_package_with_its_version_and_hash(bill):
    locked = set(LOCKED.findall((ROOT / "requirements.txt").read_text()))
    assert len(locked) > 50
    listed = {(part["name"], part["version"]): part for part in bill["components"]}
    assert locked - listed.keys() == set()
    assert all(listed[one]["externalReferences"][0]["hashes"] for one in locked)


def test_it_names_what_browsers_load_with_its_licence(bill):
    vendored = [part for part in bill["components"] if part["purl"].startswith("pkg:npm/")]
    assert {f"{part['name']}@{part['version']}" for part in vendored} == {path.name for path in VENDORED.iterdir()}
    assert {part["licenses"][0]["license"]["id"] for part in vendored} == {"0BSD", "ISC", "OFL-1.1"}


def test_it_is_of_this_product(bill):
    assert bill["metadata"]["component"]["name"] == "troupe"
