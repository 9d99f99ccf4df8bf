"""The results of readings, each in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from bot.config.runtime import now
from bot.readings.follower_list import Finding, Pages, hides_followers, judge
from bot.readings.plan import BROKEN, GRACE, REQUEST, STAYED, STAYED_GRACE, WINDOWS, Watched, order_is_honored
from bot.readings.proof import Absence, absent
from bot.readings.state import COMPARED_WITHIN, Begun, begins_of, done, relations_of
from bot.storage.models import AccountDay, FollowerRead, Relation
from bot.storage.tenancy import TenantSession, tenant

CHECK = "check"
"""The kind of a reading that found a follower although lists had to show them."""


def record_counts(begun: Begun, followers: int, following: int, posts: int) -> None:
    """Keep the account's counts of the day. Commits."""
    with tenant(begun.user_id) as session:
        done(session, begun.account_id)
        day = _day(session, begun)
        day.followers, day.following, day.posts, day.read_at = followers, following, posts, now()
        session.commit()


def record_followers(begun: Begun, pages: Pages) -> Finding:
    """Keep what a list of followers shows, and what it proves about the others. Commits."""
    moment = now()
    finding = judge(pages, begun.newest, begun.own_count)
    with tenant(begun.user_id) as session:
        read = done(session, begun.account_id)
        finding = _compared(session, begun, read, finding, moment)
        # After an unfollow by the bot, later acts of the person say nothing of the follow.
        watched = [
            (relation, instagram_id)
            for relation, instagram_id in relations_of(session, begun.account_id, moment)
            if not relation.unfollowed_at
        ]
        finding = _in_place(read, finding, watched)
        shown = set(finding.ids)
        for relation, instagram_id in watched:
            if instagram_id in shown:
                _seen(relation, moment, "list", read.whole_at)
        proven = finding.proof == "unbroken" and _has_shown_new(watched, read.unbroken_since)
        hidden = [relation for relation, _ in watched if _is_hidden(relation)] if proven else []
        for relation in hidden:
            relation.no_since = relation.no_until = None
        for relation, instagram_id in watched:
            if instagram_id in shown:
                continue
            if finding.proof == "whole":
                _not_seen(relation, moment)
            elif proven and not hidden and _is_covered(relation, read.unbroken_since):
                _not_back(relation, moment)
        _keep(read, finding, moment)
        session.commit()
    return finding


def record_requests(begun: Begun, following: Mapping[str, tuple[bool, bool]]) -> None:
    """Keep what became of requests. `following` tells of an Instagram id if it is followed, and if it is requested.

    It does not tell of people that Instagram left out: they are asked about again tomorrow. Commits.
    """
    moment = now()
    with tenant(begun.user_id) as session:
        done(session, begun.account_id)
        for watched in begun.reading.people:
            relation = _relation(session, watched)
            if relation is None or relation.accepted_at or relation.declined_at:
                continue
            relation.asked_at = moment
            if watched.instagram_id not in following:
                continue
            followed, requested = following[watched.instagram_id]
            if followed:
                relation.accepted_at = moment
            elif not requested or _is_late(relation, moment):
                relation.declined_at = moment
        session.commit()


def record_shown(begun: Begun, watched: Watched, followed_by: bool | None) -> None:
    """Keep whether one person follows the account; None if Instagram does not know them any more. Commits."""
    moment = now()
    with tenant(begun.user_id) as session:
        read = done(session, begun.account_id)
        relation = _relation(session, watched)
        if relation is not None:
            relation.asked_at = moment
            if followed_by:
                by = CHECK if _is_covered(relation, read.unbroken_since) else "show"
                _seen(relation, _asked_for(begun, watched, moment), by)
                relation.seen_until = moment
            elif followed_by is False and begun.reading.kind == "stayed":
                _not_seen(relation, _asked_for(begun, watched, moment))
            elif followed_by is False:
                _not_seen(relation, moment)
        session.commit()


def _asked_for(begun: Begun, watched: Watched, moment: datetime) -> datetime:
    """Return the end of the days that a question asks about, or the time of another reading.

    It comes up to GRACE or STAYED_GRACE later. If only one of its answers counted for the end, every share would be too
    small or too large.
    """
    if begun.reading.kind == "stayed" and watched.back_at:
        return min(watched.back_at + STAYED, moment)
    if begun.reading.kind != "window" or watched.begins is None:
        return moment
    return max((end for window in WINDOWS if (end := watched.begins + window) <= moment), default=moment)


def _in_place(read: FollowerRead, finding: Finding, watched: Sequence[tuple[Relation, str]]) -> Finding:
    """Return the finding, not in order if those who have begun to follow are not the first of the list.

    An unchanging order of another kind looks like one without new followers.
    """
    places = {one: place for place, one in enumerate(finding.ids)}
    new = [
        places[instagram_id]
        for relation, instagram_id in watched
        if relation.back_at is None and not relation.followed_us_before and instagram_id in places
    ]
    in_place = sum(place < finding.gained for place in new)
    if not finding.in_order or in_place >= len(new) - in_place:
        return finding
    read.broken = BROKEN
    return replace(finding, proof="whole" if finding.proof == "whole" else "broken", in_order=False)


def _has_shown_new(watched: Sequence[tuple[Relation, str]], since: datetime | None) -> bool:
    """Return whether lists without a gap have shown anybody who began to follow the account.

    One that never does may hide them: its silence proves nothing.
    """
    return since is not None and any(
        relation.back_by == "list" and relation.back_at is not None and relation.back_at > since
        for relation, _ in watched
    )


def _is_hidden(relation: Relation) -> bool:
    """Return whether a question found a follower although lists without a gap had to show them, and none has since.

    Then they hide people, and their silence proves nothing of the others.
    """
    return relation.back_by == CHECK and relation.gone_at is None


def _is_late(relation: Relation, moment: datetime) -> bool:
    """Return whether a request is open for longer than an acceptance counts."""
    return relation.requested_at is not None and relation.requested_at + REQUEST <= moment


def _seen(relation: Relation, moment: datetime, by: str, whole_at: datetime | None = None) -> None:
    """Keep that the person follows the account. `whole_at` is the last reading of everyone before."""
    if relation.followed_us_before:
        return
    if relation.back_at is None:
        relation.back_at, relation.back_by = moment, by
    elif relation.back_by == CHECK and by == "list":
        relation.back_by = by
    end = relation.back_at + STAYED
    if relation.gone_at and end <= moment and max(relation.gone_at, whole_at or relation.gone_at) >= end - GRACE:
        # They have come again after the thirty days, at whose end they were gone.
        return
    relation.gone_at = None
    # Those who have left are seen too late to count then, so if those who stayed counted, the share would be too large.
    if (relation.seen_until is not None and relation.seen_until >= end) or moment <= end + STAYED_GRACE:
        relation.seen_until = moment


def _not_seen(relation: Relation, moment: datetime) -> None:
    """Keep that the person surely does not follow the account."""
    if relation.back_at is None:
        _not_back(relation, moment)
    elif relation.gone_at is None:
        relation.gone_at = moment


def _not_back(relation: Relation, moment: datetime) -> None:
    """Keep that the person has not followed back. The first pages of a list tell nothing of those who left."""
    if relation.back_at is None:
        known = Absence(relation.no_since, relation.no_until)
        relation.no_since, relation.no_until = absent(known, begins_of(relation), moment)


def _is_covered(relation: Relation, since: datetime | None) -> bool:
    """Return whether readings without a gap cover the whole time in which the person may have followed back."""
    begins = begins_of(relation)
    if since is None or begins is None:
        return False
    return begins >= since or (relation.no_until is not None and relation.no_until >= since)


def _compared(session: TenantSession, begun: Begun, read: FollowerRead, finding: Finding, moment: datetime) -> Finding:
    """Compare the list with the account's own counts. A list that hides new followers is not in order."""
    day = _day(session, begun)
    read.gained += finding.gained
    if day.read_at is None or day.followers is None or day.read_at < moment - COMPARED_WITHIN:
        return finding
    hides = (
        finding.proof == "unbroken"
        and read.followers is not None
        and hides_followers(read.followers, day.followers, read.gained)
    )
    read.followers, read.gained = day.followers, 0
    if hides:
        read.broken = BROKEN
        return Finding("broken", finding.ids)
    return finding


def _keep(read: FollowerRead, finding: Finding, moment: datetime) -> None:
    """Keep the list for the next reading. A reading that is not in order begins a new row of them.

    An order that was not honored counts as honored again when it shows new followers first.
    """
    in_order = finding.in_order and (order_is_honored(read.broken) or finding.gained > 0)
    if finding.in_order is not None:
        read.broken = 0 if in_order else read.broken + 1
    if not in_order:
        read.unbroken_since = moment
    if finding.proof == "whole":
        read.whole_at = moment
    read.read_at, read.newest = moment, finding.newest


def _day(session: TenantSession, begun: Begun) -> AccountDay:
    own = (AccountDay.account_id == begun.account_id, AccountDay.day == begun.day)
    return session.scalars(select(AccountDay).where(*own)).one()


def _relation(session: TenantSession, watched: Watched) -> Relation | None:
    return session.scalars(select(Relation).where(Relation.id == watched.id)).one_or_none()
