"""Sources of an action with several: each person counts for the one that found them."""

from bot.actions.candidates import add_candidates
from bot.actions.targets import Candidate, Search
from bot.plans.placing import place
from bot.results.keeping import keep_days
from bot.results.periods import chosen_period
from bot.results.sources import Source
from bot.results.steps import results
from bot.storage.models import ActionTarget
from bot.storage.models.values import TargetStatus
from bot.storage.tenancy import tenant
from tests.bot.plans.test_placing import ROASTER, TAGS, plan

TOGETHER = "#coffee, #espresso and 1 more"


def find(user, action, part, name, label):
    work = Search(action.id, action.kind, "follow", action.params, None, False, source=part, parts=3)
    add_candidates(user.id, work, [Candidate(name, name)], None, skip_if_handled=False, label=label)


def test_each_person_counts_for_the_source_that_found_them(ready, clock):
    action = place(ready.id, plan(TAGS, ROASTER)).action
    found = {"ann": (0, "#coffee"), "bea": (1, "#espresso"), "cy": (2, "followers of @roaster"), "dan": (0, "#coffee")}
    for name, of in found.items():
        find(ready, action, *of[:1], name, of[1])
    at = clock.moment
    with tenant(ready.id) as session:
        for row in session.query(ActionTarget):
            row.status, row.claimed_at, row.finished_at = TargetStatus.DONE, at, at
            if row.target == "dan":
                # As of a time at which the source was not kept.
                row.source = None
        session.commit()
    clock.advance(days=2)
    for _ in range(2):
        rows = results(ready.id, chosen_period(ready.id, 7, None, None), "source").rows("source")
        assert {row.key.source: row.counts["done"] for row in rows} == {
            Source("hashtag", "#coffee"): 1,
            Source("hashtag", "#espresso"): 1,
            Source("several", "followers of @roaster"): 1,
            Source("several", TOGETHER): 1,
        }
        [whole] = results(ready.id, chosen_period(ready.id, 7, None, None), "action").rows("action")
        assert whole.counts["done"] == 4
        assert whole.measures["follow_back_7"].people == 4
        assert sum(row.measures["follow_back_7"].people for row in rows) == 4
        keep_days(ready.id)
