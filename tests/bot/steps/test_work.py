"""The work of one step is decided with few look-ups."""

import sys

from bot.actions.targets import Work
from bot.decision import hours
from bot.steps.work import next_work
from tests.bot.driving import chores_done, follow_action

LOCAL_DAY = hours.local_date.__code__


def test_a_step_works_out_the_local_day_once_for_all_kinds(ready):
    follow_action(ready)
    chores_done(ready)
    calls = []
    sys.setprofile(lambda frame, event, _: calls.append(event) if frame.f_code is LOCAL_DAY else None)
    try:
        work = next_work(ready.id)
    finally:
        sys.setprofile(None)
    assert isinstance(work, Work)
    assert calls.count("call") == 1
