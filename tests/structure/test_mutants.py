"""Each rule that `python -m tests.mutants` removes is in the product, once."""

import pytest

from tests.mutants import mutants
from tests.structure.source import ROOT


@pytest.mark.parametrize("mutant", mutants(), ids=lambda one: one.rule)
def test_a_rule_has_one_place(mutant):
    assert (ROOT / mutant.file).read_text().count(mutant.code) == 1
