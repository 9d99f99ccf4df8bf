"""The outcome of a step for one person, compared with what the simulated Instagram knows of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.storage.models import ActionTarget, Relation
from tests.support.lively_bots import Acted
from tests.support.lively_instagram import LivelyInstagram
from tests.support.lively_people import DAY, Reply, Span
from tests.support.simulated_instagram import id_of

LOOKED_LATE, LOOKED_LATE_AGAIN = DAY, 3 * DAY
"""Questions at the end of a window, and after 30 days, may come this much later."""
EXACT, UNKNOWN, LATE, WRONG = "exact", "unknown", "looked late", "WRONG"
UNSEEN, HIDDEN = "came and left unseen", "hidden from the list"
"""How an outcome compares. The unseen follow and leave between two readings; the hidden are those that a list of the
newest first does not show, up to the first one that a check has found."""


@dataclass(frozen=True)
class First:
    """The first step of its kind for a person, with the account that knows all about them, and the moment of asking.

    `found_hidden_at` is the first question that found a follower although lists had to show them.
    """

    acted: Acted
    account: LivelyInstagram
    row: ActionTarget
    relation: Relation | None
    moment: datetime
    unfollowed_at: datetime | None
    found_hidden_at: datetime | None = None

    @property
    def at(self) -> datetime:
        return self.acted.call.at

    @property
    def person(self) -> str:
        return id_of(self.acted.call.person)

    @property
    def requested(self) -> bool:
        return self.row.reason == "requested"

    def told(self, times: dict[str, list[datetime]]) -> datetime | None:
        """Return when a reading was first told of it since the step, as long as the account had not unfollowed."""
        ends = self.unfollowed_at or self.moment
        return next((at for at in times.get(self.person, ()) if self.at <= at <= ends), None)

    @property
    def told_following(self) -> datetime | None:
        return self.told(self.account.told.following)

    @property
    def told_accepted(self) -> datetime | None:
        return self.told(self.account.told.accepted)

    @property
    def back_at(self) -> datetime | None:
        """When they first followed the account after the step."""
        return next((span.since for span in self.spans() if span.since > self.at), None)

    def spans(self) -> list[Span]:
        return sorted(self.account.followers.spans_of(self.person), key=lambda one: one.since)

    def follows(self, moment: datetime) -> bool:
        return self.account.followers.follows(self.person, moment)

    def was_late(self, end: datetime, late: timedelta, told: bool) -> bool:
        """Return whether a reading up to this much after the end of days found them as told."""
        asked = (*self.account.told.asked.get(self.person, ()), *self.account.told.lists)
        return any(end <= at <= end + late and self.follows(at) is told for at in asked)


def followed_back(one: First, told: str, days: int) -> str:
    if one.acted.followed_before:
        return _is(told == "none")
    start = one.told_accepted if one.requested else one.at
    if start is None:
        return _is(told == "none")
    end = start + timedelta(days=days)
    back = one.back_at
    if told in ("open", "so_far"):
        return _is(one.moment < end and (told == "open" or (back is not None and back <= one.moment)))
    if told == "none" or one.moment < end:
        return WRONG
    seen = one.told_following
    if told == "unsure":
        return WRONG if seen and seen <= end else UNKNOWN
    if told == "yes":
        if back and back <= end:
            return EXACT
        asked = one.account.told.asked.get(one.person, ())
        late = any(end <= at <= end + LOOKED_LATE and one.follows(at) for at in asked)
        return LATE if late and back and back <= end + LOOKED_LATE else WRONG
    if back is None or back > end:
        return EXACT
    if one.follows(end):
        if one.account.manner.hides(one.person) and end <= (one.found_hidden_at or end):
            return HIDDEN
        return LATE if one.was_late(end, LOOKED_LATE, False) else WRONG
    return WRONG if seen and seen <= end else UNSEEN


def accepted(one: First, told: str) -> str:
    if not one.requested:
        return _is(told == "none")
    end = one.at + timedelta(days=14)
    if one.relation is None:
        return _is(told == ("open" if one.moment < end else "unsure"))
    request = one.account.requests[one.person]
    # A second request to the same person is another one.
    is_first = request.at == one.at
    at = request.accepted_at if is_first and request.accepted(one.moment) else None
    if told in ("open", "so_far"):
        return _is(one.moment < end and (told == "open" or at is not None or not is_first))
    if told == "none" or one.moment < end:
        return WRONG
    seen = one.told_accepted
    if told == "unsure":
        return WRONG if seen and seen <= end else UNKNOWN
    if not is_first:
        return UNKNOWN
    return _is((at is not None and at <= end) is (told == "yes"))


def stayed(one: First, told: str) -> str:
    back = one.relation.back_at if one.relation else None
    if back is None or one.acted.followed_before:
        return _is(told == "none")
    end = back + timedelta(days=30)
    if told == "open":
        return _is(one.moment < end)
    if told in ("none", "so_far") or one.moment < end:
        return WRONG
    if told == "unsure":
        return UNKNOWN
    if one.follows(end) is (told == "yes"):
        return EXACT
    if told == "no" and not one.follows(end - LOOKED_LATE):
        # They have come again since the last reading before the end.
        return LATE
    return LATE if one.was_late(end, LOOKED_LATE_AGAIN, told == "yes") else WRONG


def answered(one: First, told: str) -> str:
    return _wrote(one, told, lambda reply: not reply.stops and not reply.in_group)


def asked_to_stop(one: First, told: str) -> str:
    return _wrote(one, told, lambda reply: reply.stops)


def _wrote(one: First, told: str, which: Callable[[Reply], bool]) -> str:
    end = one.at + timedelta(days=14)
    times = [reply.at for reply in one.account.replies.get(one.person, ()) if which(reply) and reply.at > one.at]
    first = min(times, default=None)
    if told in ("open", "so_far"):
        return _is(one.moment < end and (told == "open" or (first is not None and first <= one.moment)))
    if told == "none" or one.moment < end:
        return WRONG
    if told == "unsure":
        return UNKNOWN
    return _is((first is not None and first <= end) is (told == "yes"))


def _is(right: bool) -> str:
    return EXACT if right else WRONG


JUDGES: dict[str, Callable[[First, str], str]] = {
    "follow_back_7": lambda one, told: followed_back(one, told, 7),
    "follow_back_14": lambda one, told: followed_back(one, told, 14),
    "accepted": accepted,
    "stayed": stayed,
    "answered": answered,
    "asked_to_stop": asked_to_stop,
}
"""The comparison of each measure. It takes a person and the outcome that results tell."""
