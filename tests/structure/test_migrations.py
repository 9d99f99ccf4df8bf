"""The migrations as SQL are what the revisions do, and the first revision stays as it is."""

import hashlib
from pathlib import Path

from migrations.write_sql import Revisions
from tests.structure.source import ROOT

FROZEN = {"0001": "5ba97b4c24db549b3a7c52b13d8a7db4f0ffad14a03e9de0e36402993bc92758"}
"""Revision → digest of its file: databases are of it, so what changes the schema is a later one."""


def test_the_sql_of_every_revision_is_what_make_sql_writes():
    there = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "migrations").glob("*.sql")}
    assert there == Revisions().sql(), "run `make sql`"


def test_a_frozen_revision_is_as_it_was():
    files = {script.revision: Path(script.path).read_bytes() for script in Revisions().scripts()}
    assert {name: hashlib.sha256(files[name]).hexdigest() for name in FROZEN} == FROZEN


def test_revisions_are_numbered_without_a_gap():
    numbers = [script.revision for script in Revisions().scripts()]
    assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)]
