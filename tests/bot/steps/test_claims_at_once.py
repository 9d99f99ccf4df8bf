"""Steps that are tried at once: a limit is never passed, and a target is never taken twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.actions.targets import Target, Work
from bot.config.runtime import runtime
from bot.settings.preferences import Settings, change_settings
from bot.steps.outcomes import Outcome
from bot.steps.step import Step
from bot.steps.work import next_work
from tests.bot.decision.test_limits import own, use
from tests.bot.driving import claim, count, do_step, follow_action, work_of


class Going:
    """A clock that goes on by ten seconds whenever it is read, so that no pace holds up what is tried at once."""

    def __init__(self, moment):
        self.moment = moment

    def now(self):
        self.moment += timedelta(seconds=10)
        return self.moment


@pytest.mark.parametrize("actions", [1, 5])
def test_steps_that_are_tried_at_once_never_pass_a_limit(base_app, ready, clock, monkeypatch, actions):
    change_settings(ready.id, Settings(warm_up=False))
    own(ready, per_day=4)
    made = [follow_action(ready) for _ in range(actions)]
    monkeypatch.setattr(runtime(), "clock", Going(clock.moment))
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda number: try_a_step(base_app, ready, number), range(50)))
    assert use(ready).used == sum(count(ready, action_id, "done") for action_id in made) <= 4
    for _ in range(20):
        try_a_step(base_app, ready, 0)
    assert sum(count(ready, action_id, "done") for action_id in made) == 4


def try_a_step(app, user, number):
    with app.app_context():
        work = next_work(user.id)
        if isinstance(work, Work) and work.pending:
            target = claim(user, work, number % len(work.pending))
            if isinstance(target, Target):
                Step(user.id, work).finish(target, Outcome())


@pytest.mark.parametrize("left", [1, 3])
def test_claims_that_come_at_once_take_one_target_at_a_time(base_app, ready, clock, left):
    change_settings(ready.id, Settings(warm_up=False))
    action_id = follow_action(ready)
    do_step(ready, clock)
    own(ready, per_day=1 + left)
    work = work_of(ready)

    def try_to_claim(number):
        with base_app.app_context():
            return claim(ready, work, number % len(work.pending))

    with ThreadPoolExecutor(10) as pool:
        taken = [one for one in pool.map(try_to_claim, range(50)) if isinstance(one, Target)]
    assert len(taken) == count(ready, action_id, "working") == 1
