"""A kind of order is known everywhere or nowhere: worker, limits, words, API and pages."""

import pytest

from bot.kinds import STEP_KIND
from bot.limits import DEFAULTS
from jobs.actions import KINDS
from web import words

every_kind = pytest.mark.parametrize("kind", sorted(STEP_KIND))


def test_the_worker_does_what_can_be_ordered():
    assert set(KINDS) == set(STEP_KIND)


def test_every_kind_of_step_has_limits_and_words():
    steps = set(STEP_KIND.values())
    assert steps == set(DEFAULTS)
    assert steps == set(words.KINDS)
    assert steps <= set(words.ACTIVITY)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@every_kind
def test_every_kind_can_be_ordered_by_api_and_by_page(app, kind):
    paths = {rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or set())}
    page = "/messages" if kind == "send-messages" else f"/automation/{kind}"
    assert {f"/api/bot/actions/{kind}", page} <= paths
