"""CPU of one whole follow step, claim to planned next, against the same instagrapi calls bare, in the same run.

`python -m tests.bench.step [rounds]`. Both sides look a person up, look at the friendship and follow, with a session
that was signed in before; only this process is measured, without Redis and without the sandbox.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median

from flask import Flask
from instagrapi import Client
from sqlalchemy import select

from bot import limits
from bot.app import create_base_app
from bot.filters import Filters
from bot.models import ActionTarget
from bot.orders import FollowHashtag, follow_hashtag
from bot.queue import connect
from bot.scope import tenant
from bot.targets import Candidate, Work, add_candidates
from jobs import tasks
from jobs.instagram import InstagramAuth, Linked
from jobs.worker import make_worker
from tests.support.environment import config_for, prepare
from tests.support.people import give_valid_session, make_somebody, set_running
from tests.support.redis_process import RedisProcess
from tests.support.sandbox_process import SandboxProcess

STEPS = 40
WARM_UP = 5
ROUNDS = 5


def main(rounds: int = ROUNDS) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        # They would beat the sandbox's certificate in the bare client.
        os.environ.pop(name, None)
    silence = os.open(os.devnull, os.O_WRONLY)
    kept = os.dup(2)
    os.dup2(silence, 2)
    try:
        ours, bare = measure(rounds)
    finally:
        os.dup2(kept, 2)
    print(f"CPU of one follow step, median of {rounds} rounds of {STEPS} steps")
    print(f"  whole step   {ours * 1000:6.2f} ms")
    print(f"  bare calls   {bare * 1000:6.2f} ms")
    print(f"  ratio        {ours / bare:6.2f}")


def measure(rounds: int) -> tuple[float, float]:
    """Median CPU seconds of a whole step, and of the bare calls, taken in turns."""
    ours, bare = [], []
    with _stage() as (app, sandbox, ca_file):
        for number in range(rounds):
            ours.append(_whole_steps(app, sandbox, f"bench{number}", f"plain_{2 * number + 1:02}"))
            bare.append(_bare_calls(sandbox, ca_file, f"plain_{2 * number + 2:02}"))
    return median(ours), median(bare)


@contextmanager
def _stage() -> Iterator[tuple[Flask, SandboxProcess, Path]]:
    # The product's limit of a day would end the bench: here it is out of the way.
    limits.DEFAULTS["follow"] = replace(limits.DEFAULTS["follow"], first_week=10**6, per_day=10**6, ceiling=10**6)
    with (
        RedisProcess() as redis,
        SandboxProcess.start(0, "--people", "5000", "--plain", "40") as sandbox,
        tempfile.TemporaryDirectory() as folder,
    ):
        port = int(sandbox.url.rsplit(":", 1)[1])
        config = config_for(Path(folder), f"sqlite:///{folder}/bench.db", redis.url, sandbox_port=port)
        app = create_base_app(config, uniform=lambda _low, _high: 0.0)
        prepare(app)
        yield app, sandbox, sandbox.write_ca(Path(folder))


def _whole_steps(app: Flask, sandbox: SandboxProcess, name: str, username: str) -> float:
    with app.app_context():
        user_id = _linked_user(app, sandbox, name, username)
        _order(user_id, WARM_UP)
        _work(app)
        _order(user_id, STEPS)
        began = time.process_time()
        _work(app)
        spent = time.process_time() - began
        assert _done(user_id) == STEPS + WARM_UP
    return spent / STEPS


def _linked_user(app: Flask, sandbox: SandboxProcess, name: str, username: str) -> str:
    user = make_somebody(name)
    auth = InstagramAuth(tasks.instances().endpoint())
    answer = auth.login(username, sandbox.account(username)["password"])
    assert isinstance(answer, Linked)
    give_valid_session(user.id, username=username, session_data=answer.session)
    set_running(user.id)
    return user.id


def _order(user_id: str, amount: int) -> None:
    """An order whose candidates are known, so that each step is one person looked up, looked at and followed."""
    order = FollowHashtag(hashtag="coffee", amount=amount, filters=Filters(skip_private=False))
    action = follow_hashtag(user_id, order).action
    work = Work(action.id, action.kind, "follow", action.params, None, False, [], [])
    with tasks.instances().use(user_id) as bot:
        bot.refresh()
        cursor, found = None, 0
        while found < amount:
            page = bot.client.hashtag_page("coffee", cursor)
            cursor = page.cursor
            people = [Candidate(one.username, one.username, one.id) for one in page.people]
            add_candidates(user_id, work, people, cursor, once=True)
            found += len(people)


def _work(app: Flask) -> None:
    make_worker(app, connect(app.extensions["troupe"].config.redis_url)).work(burst=True, logging_level=None)


def _done(user_id: str) -> int:
    with tenant(user_id, reading=True) as session:
        return len(session.scalars(select(ActionTarget).where(ActionTarget.status == "done")).all())


def _bare_calls(sandbox: SandboxProcess, ca_file: Path, username: str) -> float:
    client = Client(proxy=sandbox.proxy, tls_verify=str(ca_file), request_timeout=0, with_challenge_flow=False)
    client.login(username, sandbox.account(username)["password"])
    restored = Client(proxy=sandbox.proxy, tls_verify=str(ca_file), request_timeout=0, with_challenge_flow=False)
    restored.set_settings(json.loads(json.dumps(client.get_settings())))
    people = _people(restored)
    for person in people[:WARM_UP]:
        _follow_bare(restored, *person)
    began = time.process_time()
    for person in people[WARM_UP : WARM_UP + STEPS]:
        _follow_bare(restored, *person)
    return (time.process_time() - began) / STEPS


def _people(client: Client) -> list[tuple[str, str]]:
    medias = client.hashtag_medias_recent_v1("coffee", amount=200)
    people = {media.user.username: str(media.user.pk) for media in medias}
    assert len(people) >= STEPS + WARM_UP
    return list(people.items())


def _follow_bare(client: Client, username: str, user_id: str) -> None:
    client.user_info_by_username_v1(username)
    client.user_follow(user_id)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
