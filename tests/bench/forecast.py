"""The cost of a forecast, and how many ends come as it says.

`python -m tests.bench.forecast [lives]`. The cost is that of 20 open actions with 600 people together, without and with
plans of several steps among them. Lives are of plans among people who follow back and answer.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any
from unittest.mock import patch

from bot.actions.placing import FollowHashtag, follow_hashtag
from bot.app import create_base_app
from bot.decision import chores
from bot.forecast.forecast import forecast
from bot.plans.placing import NewPlan, place
from tests.bench.page import machine, table
from tests.support.environment import FixedClock, config_for, dispose, prepare
from tests.support.judged_forecasts import FOLLOW_BACK, REMIND, Judged, lived
from tests.support.people import give_valid_session, make_somebody, set_running
from tests.support.redis_process import RedisProcess

ACTIONS, PEOPLE = 20, 30
ROUNDS = 7
LIVES = 12
TEN_DAYS: list[dict[str, Any]] = [{"do": "follow"}, {"do": "like", "posts": 1, "after": "1d"}, *FOLLOW_BACK[1:]]


@contextmanager
def app(clock: FixedClock) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder, RedisProcess() as redis:
        made = create_base_app(config_for(Path(folder), f"sqlite:///{folder}/bench.db", redis.url), clock=clock)
        with made.app_context(), patch.object(chores, "DEMO_READ_INTERVAL", timedelta(hours=2)):
            prepare(made)
            yield
        dispose(made)


def cost(name: str, plans: int) -> float:
    """Return the milliseconds of CPU of the forecast for a user with so many plans among the open actions."""
    user = make_somebody(name)
    give_valid_session(user.id)
    set_running(user.id)
    for number in range(ACTIONS):
        if number < plans:
            source = [{"kind": "followers", "of": [f"account{number}"]}]
            place(user.id, NewPlan.model_validate({"source": source, "steps": TEN_DAYS, "amount": PEOPLE}))
        else:
            follow_hashtag(user.id, FollowHashtag(hashtag="coffee", amount=PEOPLE))
    taken = []
    for _ in range(ROUNDS):
        began = process_time()
        forecast(user.id)
        taken.append(1000 * (process_time() - began))
    return median(taken)


def main() -> None:
    clock = FixedClock(datetime(2026, 3, 10, 12, tzinfo=UTC))
    lives = int(sys.argv[1]) if len(sys.argv) > 1 else LIVES
    judged: list[Judged] = []
    with app(clock):
        rows = [(plans, f"{cost(f'user{plans}', plans):.0f}") for plans in (0, ACTIONS // 2, ACTIONS)]
        print(f"On {machine()}: {ACTIONS} actions with {ACTIONS * PEOPLE} people.\n")
        print(table(("Plans of three steps among them", "ms of CPU"), rows), flush=True)
        for seed in range(lives):
            judged += lived(clock, seed, [(FOLLOW_BACK, 10 + 10 * (seed % 4)), (REMIND, 5 + 5 * (seed % 3))])
    held = sum(one.holds for one in judged)
    print(f"\n{lives} lives, {len(judged)} forecasts of an end: {held} held ({held / len(judged):.0%}),", end=" ")
    print(f"median width {median(one.width for one in judged):.0%} of the time left.")


if __name__ == "__main__":
    main()
