"""What goes wrong and for whom: a list of faults waiting for the calls they are meant for."""

from dataclasses import dataclass, field

from sandbox.limits import EVERYBODY

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
GROUPS = {"act": ACTS, "work": WORK}
CALLS = WORK | SIGN_IN | GROUPS.keys() | {"any"}


@dataclass(slots=True)
class Fault:
    """The next `count` calls of `account` meet `kind`; `processed`: the call takes effect all the same."""

    account: str
    call: str
    kind: str
    count: int = 1
    status: int | None = None
    processed: bool = False

    def meets(self, username: str, call: str) -> bool:
        return self.account in (EVERYBODY, username) and covers(self.call, call)


@dataclass(slots=True)
class FaultBook:
    waiting: list[Fault] = field(default_factory=list)

    def take(self, username: str, call: str) -> Fault | None:
        """The first fault that meets this call, one time less from now on."""
        for fault in self.waiting:
            if fault.meets(username, call):
                fault.count -= 1
                if not fault.count:
                    self.waiting.remove(fault)
                return fault
        return None


def covers(name: str, call: str) -> bool:
    return name in (call, "any") or call in GROUPS.get(name, ())
