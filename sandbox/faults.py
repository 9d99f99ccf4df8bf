"""Faults that wait for the calls they are meant for."""

import re
from dataclasses import dataclass, field

from sandbox.limits import EVERYBODY
from sandbox.replies import Scripted
from sandbox.rng import Rng

STALE = "stale"

ACTS = frozenset({"follow", "unfollow", "like", "unlike", "story_seen", "message"})
WORK = ACTS | {
    "current_user",
    "usernameinfo",
    "user_info",
    "user_search",
    "hashtag",
    "hashtag_info",
    "friendship",
    "followers",
    "following",
    "user_feed",
    "media_info",
    "likers",
    "comments",
    "news",
    "story",
    "inbox",
    "thread",
}
SIGN_IN = frozenset(
    {
        "device",
        "encryption_key",
        "prepare_login",
        "login",
        "two_factor",
        "two_factor_screen",
        "code_entry",
        "code",
        "challenge",
        "reels_tray",
        "timeline",
        "logout",
    }
)
# Instagram keeps these in many places, and a reply may come from one that lags behind.
MAY_LAG = frozenset({"friendship", "media_info", "story", "inbox", "thread"})
GROUPS = {"act": ACTS, "read": WORK - ACTS, "work": WORK}
CALLS = WORK | SIGN_IN | GROUPS.keys() | {"any"}


@dataclass(slots=True)
class Fault:
    """A fault: the next `count` calls of `account` meet `kind`, or the `reply`.

    With `processed` they take effect all the same.

    The calls are those of a name, or with a `path` those whose path it is found in; the sandbox need not know that
    path. With `share`, only this part of the calls meets it, and the others do not count.
    """

    account: str
    call: str
    kind: str
    count: int = 1
    status: int | None = None
    processed: bool = False
    share: float = 1.0
    path: re.Pattern[str] | None = None
    reply: Scripted | None = None

    def meets(self, username: str, call: str, path: str) -> bool:
        if self.account not in (EVERYBODY, username):
            return False
        if self.path is not None:
            return self.path.search(path) is not None
        if self.kind == STALE and call not in MAY_LAG:
            return False
        return covers(self.call, call)


@dataclass(slots=True)
class FaultBook:
    waiting: list[Fault] = field(default_factory=list)
    drawn: int = 0

    def take(self, username: str, call: str, path: str, seed: int) -> Fault | None:
        """Return the first fault that meets this call and strikes, and count it down."""
        for fault in self.waiting:
            if fault.meets(username, call, path) and self._strikes(fault, seed):
                fault.count -= 1
                if not fault.count:
                    self.waiting.remove(fault)
                return fault
        return None

    def _strikes(self, fault: Fault, seed: int) -> bool:
        """Draw whether it strikes. The draws are the same for every world of this seed."""
        if fault.share == 1:
            return True
        self.drawn += 1
        return Rng(seed, "fault", self.drawn).share() < fault.share


def covers(name: str, call: str) -> bool:
    return name in (call, "any") or call in GROUPS.get(name, ())
