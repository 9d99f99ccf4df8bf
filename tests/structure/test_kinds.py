"""A kind of action is known everywhere or nowhere: worker, limits, words, API and pages."""

import pytest

from bot.actions.placing import FORMS
from bot.decision.kinds import BY_HAND, STEP_KIND
from bot.decision.limit_rules import DEFAULTS
from bot.plans.steps import STEPS
from bot.storage.models import Action
from bot.storage.models.values import activity_of
from jobs.step_kinds import KINDS
from web import labels
from web.composer.kinds import KINDS as COMPOSED

every_kind = pytest.mark.parametrize("kind", sorted(STEP_KIND.keys() - BY_HAND))


def test_the_worker_does_what_can_be_placed():
    assert set(KINDS) == set(STEP_KIND.values()) == set(STEPS)


def test_every_kind_of_step_has_limits_and_words():
    steps = set(STEP_KIND.values())
    assert steps == set(DEFAULTS)
    assert steps == set(labels.KINDS)
    assert steps == set(labels.DID)
    assert {activity_of(kind) for kind in steps} <= set(labels.ACTIVITY)


def test_every_kind_is_in_the_composer_and_every_kind_but_messages_has_its_form():
    composed = set(STEP_KIND) - BY_HAND
    assert set(COMPOSED) == composed | {"plan"}
    assert set(FORMS) == composed - {"send-messages"}


def test_every_kind_is_told_apart_in_a_few_words():
    params = {"hashtag": "coffee", "account": "ann", "order": "top", "usernames": ["ann"]}
    assert len({labels.title(Action(kind=kind, params=params, total=2)) for kind in STEP_KIND}) == len(STEP_KIND)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@every_kind
def test_every_kind_can_be_placed_by_api_and_by_page(app, kind):
    for path in (f"/api/bot/actions/{kind}", "/actions"):
        assert app.url_map.bind("").match(path, "POST")
