"""Live the past of a demo user, between the release and the start of the worker. `make run PAST=60` calls it."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random

from flask import Flask, current_app

from bot.app import create_base_app
from bot.config.clock import Clock
from bot.config.environment import Config
from bot.config.runtime import EXTENSION
from bot.demo.sandbox import SandboxAccount, accounts
from bot.demo.users import PAST_USER, demo_user, ensure_demo_user
from bot.operations.erasure import delete_external_state, delete_user
from bot.operations.last_words import end_with_a_sentence
from bot.storage.tenancy import identity
from jobs.instagram import Endpoint, sandbox_endpoint
from jobs.instance import BotInstance, BotInstanceManager
from jobs.past.clocks import PastClock, Sandbox
from jobs.past.life import Life
from jobs.past.person import Person
from jobs.tasks import MANAGER

SEED = 1
MOST_DAYS = 180
# In the folder of the instance while a past is being lived.
UNFINISHED = "past-unfinished"
BAR = 30


class SandboxInstances(BotInstanceManager):
    """Instances that reach the sandbox, whatever the settings say of Instagram, at the time of the clock."""

    def __init__(self, clock: PastClock) -> None:
        super().__init__()
        self._clock = clock

    @contextmanager
    def use(self, user_id: str) -> Iterator[BotInstance]:
        self._clock.tell_sandbox()
        with super().use(user_id) as instance:
            yield instance

    def endpoint(self, proxy: str | None = None) -> Endpoint:
        if self._endpoint is None:
            self._endpoint = sandbox_endpoint(current_app.extensions[EXTENSION].config)
        return self._endpoint


def main() -> int:
    """Live the days, unless they were lived before. Return the exit status."""
    end_with_a_sentence()
    parser = argparse.ArgumentParser(prog="python -m jobs.past", description=__doc__)
    parser.add_argument("--days", type=int, choices=range(1, MOST_DAYS + 1), metavar="DAYS", default=60)
    days: int = parser.parse_args().days
    config = Config.from_env(log_level="error")
    if not config.instagram_sandbox:
        print("A past is lived against the sandbox alone: set INSTAGRAM_SANDBOX=1.", file=sys.stderr)
        return 2
    unfinished = config.instance_dir / UNFINISHED
    app = create_base_app(config)
    with app.app_context():
        if demo_user(PAST_USER) is not None and not unfinished.exists():
            print(f"{PAST_USER} has a past already.", flush=True)
            return 0
        unfinished.touch()
        _forget_half_a_past()
        account = [one for one in accounts() if one.behaviour == "plain"][-1]
    _live(account, days, config)
    unfinished.unlink()
    return 0


def _forget_half_a_past() -> None:
    user = demo_user(PAST_USER)
    if user is None:
        return
    with identity(user.id) as session:
        delete_user(session, session.merge(user), actor_id=None)
        session.commit()
    delete_external_state(user.id)


def _live(account: SandboxAccount, days: int, config: Config) -> None:
    ends = Clock().now()
    clock = PastClock(ends - timedelta(days=days), Sandbox(config.sandbox_port))
    # At the pace of a real installation: the demo's seconds between steps would make millions of them.
    as_real = config.model_copy(update={"instagram_sandbox": False, "smtp_url": None, "public_url": ""})
    app: Flask = create_base_app(as_real, clock=clock, uniform=Random(SEED).uniform)  # noqa: S311
    app.extensions[MANAGER] = SandboxInstances(clock)
    with app.app_context():
        made = ensure_demo_user(PAST_USER)
        if made is None:
            raise RuntimeError(f"{PAST_USER} was made meanwhile")
        user, password = made
        life = Life(Person(user.id, account, Random(SEED)), clock, days, _progress(days, ends))  # noqa: S311
        try:
            clock.tell_sandbox()
            life.live(ends)
            life.person.open_up()
        finally:
            clock.catch_up()
            app.extensions[MANAGER].close()
    seconds = (Clock().now() - ends).total_seconds()
    print(
        f"{PAST_USER} (password {password}) has lived {days} days: {life.steps} times its bot was due,"
        f" {life.person.placed} actions, {seconds:.0f} s.",
        flush=True,
    )


def _progress(days: int, began: datetime) -> Callable[[int], None]:
    def tell(day: int) -> None:
        """Print one line now and then: a terminal or a log can hold it."""
        if day % max(1, days // 12) == 0:
            filled = BAR * day // days
            bar = "#" * filled + "." * (BAR - filled)
            print(
                f"  living the past [{bar}] day {day} of {days}, {(Clock().now() - began).total_seconds():.0f} s",
                flush=True,
            )

    return tell


if __name__ == "__main__":
    sys.exit(main())
