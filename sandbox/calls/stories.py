"""Stories: the row at the top of the feed, one person's story, marking it as seen."""

import itertools
from typing import Any

from sandbox.calls import shapes
from sandbox.people import Person
from sandbox.rng import Rng
from sandbox.routing import Call, Table
from sandbox.stories import DAY
from sandbox.wire import Json, Refused, Reply, ok

TRAY_SIZE = 100
# Percentage of the people who show no story.
LIVE_PERCENT = 5

table = Table()


@table.post("feed/reels_tray/", "reels_tray")
def tray(call: Call) -> Reply:
    """Return the stories of the people that the account follows."""
    followed = itertools.islice(call.world.state.following.get(call.account.id, ()), TRAY_SIZE)
    people = [person for one in followed if (person := call.world.person(one))]
    reels = [reel for person in people if (reel := _reel(call, person))]
    return ok(tray=[{name: value for name, value in reel.items() if name != "items"} for reel in reels])


@table.get(r"feed/user/(\d+)/story/", "story")
def story(call: Call, person_id: str) -> Reply:
    person = call.world.person(person_id)
    if person is None:
        raise Refused(404, "User not found")
    reel = _reel(call, person)
    return ok(reel=reel, broadcast=None if reel else _broadcast(call, person))


@table.post("/api/v2/media/seen/", "story_seen")
def seen(call: Call) -> Reply:
    """Mark pictures as seen. Each comes as `<id>_<owner>_<owner>` with the times at which it was looked at."""
    reels: Any = call.form.get("reels")
    if not isinstance(reels, dict):
        raise Refused(400, "Invalid parameters")
    call.world.see(call.account, [name.partition("_")[0] for name in reels])
    return ok()


def _broadcast(call: Call, person: Person) -> Json | None:
    """Return a live broadcast in place of a story. A few people have one, all (UTC) day long."""
    today = int(call.world.now() // DAY)
    rng = Rng(call.world.seed, "live", person.id, today)
    if not rng.chance(LIVE_PERCENT) or not call.world.shows_itself(person, call.account):
        return None
    number = 18_000_000_000_000_000 + rng.below(10**12)
    return {
        "id": number,
        "media_id": f"{number}_{person.id}",
        "broadcast_owner": shapes.short_person(person),
        "broadcast_status": "active",
        "published_time": today * DAY,
        "viewer_count": 12.0,
        "cover_frame_url": f"{shapes.PICTURES}/{number}.jpg",
        "dash_playback_url": f"{shapes.PICTURES}/{number}.mpd",
        "muted": False,
    }


def _reel(call: Call, person: Person) -> Json | None:
    """Return the present story of a person for the account; None if there is none."""
    items = call.world.stories.of(person, call.world.now())
    if not items or not call.world.shows_itself(person, call.account):
        return None
    return {
        "id": int(person.id),
        "user": shapes.short_person(person),
        "items": [shapes.story_item(one) for one in items],
        "media_count": len(items),
        "prefetch_count": 0,
        "reel_type": "user_reel",
        "latest_reel_media": items[-1].taken_at,
        "expiring_at": items[-1].expires_at,
        "seen": call.world.seen(call.account, person, call.as_of) or None,
    }
