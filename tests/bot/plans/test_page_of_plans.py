"""The plans of docs/plans.md are plans that the product takes."""

import json
import re

import pytest

from bot.plans.placing import NewPlan
from tests.structure.source import ROOT

PLANS = re.findall(r"```json\n(.*?)```", (ROOT / "docs/plans.md").read_text(), re.DOTALL)


def test_the_page_has_plans():
    assert len(PLANS) == 4


@pytest.mark.parametrize("written", PLANS)
def test_a_plan_of_the_page_is_accepted(written):
    NewPlan.model_validate(json.loads(written))
