"""The bots of a soak: linked at the sandbox, each with an action to like, started one after the other."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

from bot.actions.filters import Filters
from bot.actions.placing import MAX_PER_ACTION, LikeHashtag, like_hashtag
from bot.auth.passwords import hash_password
from bot.automation import lifecycle
from bot.config.runtime import now, runtime
from bot.linking.outcomes import store_session
from bot.settings.preferences import Pace, Settings, change_settings
from bot.storage.bot_lock import locked_status
from bot.storage.models import User, new_id
from bot.storage.tenancy import tenant
from bot.users.directory import add_user
from jobs.instagram.endpoint import Endpoint, sandbox_endpoint
from jobs.instagram.factory import close, new_client, settings_of
from jobs.instagram.wire import Deadline
from sandbox.people import People
from sandbox.posts import Posts
from tests.bench.soak_programs import PEOPLE, SEED, Stage
from tests.support.sandbox_process import SandboxProcess

TAGS = 200


@dataclass(frozen=True)
class Soaked:
    """One bot: its user and its account at the sandbox."""

    user_id: str
    account: str


def make_bots(stage: Stage, wanted: int, pace: float) -> Iterator[Soaked]:
    """Linked and stopped bots, each with an action to like that outlasts the soak and `pace` seconds between two likes.

    Nothing is in Redis when all of them are made.
    """
    endpoint = sandbox_endpoint(runtime().config)
    password, tags = hash_password("a password of nobody"), _tags()
    for number in range(wanted):
        bot = _linked(stage.sandbox, endpoint, f"plain_{number + 1:02}", password)
        change_settings(bot.user_id, Settings(warm_up=False, pace={"like": Pace(delay_min=pace, delay_max=pace)}))
        lifecycle.start(bot.user_id)
        everybody = Filters(skip_private=False)
        form = LikeHashtag(hashtag=tags[number % TAGS], amount=MAX_PER_ACTION, filters=everybody)
        like_hashtag(bot.user_id, form)
        lifecycle.stop(bot.user_id)
        yield bot
    stage.redis.flush()


def _tags() -> list[str]:
    """Hashtags with more posts than an action asks for."""
    posts = Posts(SEED, People(SEED, PEOPLE))
    names = (f"soak{number}" for number in count())
    return list(islice((name for name in names if posts.hashtag_size(name) > MAX_PER_ACTION), TAGS))


def _linked(sandbox: SandboxProcess, endpoint: Endpoint, account: str, password: str) -> Soaked:
    opened = sandbox.post("/sessions", account=account)
    user = User(
        id=new_id(),
        username=f"soak-{account}",
        password=password,
        role="user",
        created_at=now(),
        must_change_password=False,
    )
    add_user(user, actor_id=None)
    with tenant(user.id) as session:
        kept = json.dumps(_session(endpoint, opened["id"], opened["session"]))
        store_session(session, session_data=kept, instagram_id=opened["id"], username=account, password="of nobody")
        # The nightly test does not come in a soak at night.
        locked_status(session).last_tested = now()
        session.commit()
    return Soaked(user.id, account)


def _session(endpoint: Endpoint, own_id: str, session: str) -> dict[str, Any]:
    """What a sign-in on a new device leaves; a real one takes 30 ms of CPU here and half of that in the sandbox."""
    client = new_client(endpoint, {}, Deadline(1))
    client.usdid_generate()
    client.usdid_registered = True
    settings = settings_of(client)
    close(client)
    return settings | {
        "usdid": client.get_usdid_settings(),
        "authorization_data": {"ds_user_id": own_id, "sessionid": session},
        "cookies": {"sessionid": session},
        "last_login": time.time(),
    }


def start_evenly(soaked: Sequence[Soaked], seconds: float) -> Iterator[Soaked]:
    """Starts the bots one after the other, spread over the seconds."""
    began = time.monotonic()
    for number, bot in enumerate(soaked):
        time.sleep(max(0.0, began + seconds * number / len(soaked) - time.monotonic()))
        lifecycle.start(bot.user_id)
        yield bot
