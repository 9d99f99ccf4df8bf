"""Instagram's behavior towards each account, in addition to commanded faults."""

import re
from collections import deque
from dataclasses import dataclass, field

from sandbox.accounts import Account
from sandbox.faults import ACTS, GROUPS
from sandbox.limits import EVERYBODY
from sandbox.rng import Rng
from sandbox.unkindness import KIND, Unkindness
from sandbox.wire import Request

_APP = re.compile(r"Instagram (\d+(?:\.\d+)*)")
# Answers to an act that is acknowledged and not done.
QUIETLY = {
    "follow": "not_followed",
    "unfollow": "still_followed",
    "like": "acknowledged",
    "unlike": "acknowledged",
    "story_seen": "acknowledged",
    "message": "dm-item-ack-403",
}
SIGN_IN_CALLS = frozenset({"login", "two_factor", "code"})


@dataclass(slots=True)
class Moods:
    """The settings of accounts, and the acts of each account. A reset deletes them."""

    told: dict[str, Unkindness] = field(default_factory=dict)
    read_at: dict[str, deque[float]] = field(default_factory=dict)
    drawn: dict[str, int] = field(default_factory=dict)

    def towards(self, account: Account, by_default: Unkindness) -> Unkindness:
        """Return the setting of the account, else its own behavior, else the setting for all, else the default."""
        if account.username in self.told:
            return self.told[account.username]
        if account.behaviour.unkind != KIND:
            return account.behaviour.unkind
        return self.told.get(EVERYBODY, by_default)

    def meets(self, account: Account, call: str, request: Request, how: Unkindness, now: float, seed: int) -> str:
        """Return the fault that a call meets, if any. A read counts only if reads are limited."""
        if how.oldest_app and _is_older(_app_of(request), how.oldest_app):
            return "unsupported-version-at-sign-in" if call in SIGN_IN_CALLS else "needs_upgrade"
        if how.reads and call in GROUPS["read"] and self._reads_too_much(account, how, now):
            return "please_wait"
        return QUIETLY[call] if how.quiet and call in ACTS and self._strikes(account, how.quiet, seed) else ""

    def _reads_too_much(self, account: Account, how: Unkindness, now: float) -> bool:
        times = self.read_at.setdefault(account.username, deque())
        while times and times[0] <= now - how.seconds:
            times.popleft()
        if len(times) >= how.reads:
            return True
        times.append(now)
        return False

    def _strikes(self, account: Account, share: float, seed: int) -> bool:
        drawn = self.drawn[account.username] = self.drawn.get(account.username, 0) + 1
        return Rng(seed, "quiet", account.username, drawn).share() < share


def _app_of(request: Request) -> str:
    """Return the app's version; empty if the client does not say, such as a page or another program."""
    found = _APP.search(request.headers.get("user-agent", ""))
    return found[1] if found else ""


def _is_older(app: str, oldest: str) -> bool:
    return bool(app) and _numbers(app) < _numbers(oldest)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]
