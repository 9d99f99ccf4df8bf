"""The results of readings, each in one transaction."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.config.runtime import now
from bot.readings.follower_list import Finding, Pages, hides_followers, judge
from bot.readings.plan import BROKEN, REQUEST, WINDOWS, Watched
from bot.readings.state import Begun, begins_of, done, relations_of
from bot.storage.models import AccountDay, FollowerRead, Relation
from bot.storage.tenancy import TenantSession, tenant

COMPARED_WITHIN = timedelta(minutes=15)
"""Counts are compared with a list only if they were read this much before it."""


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
        shown = set(finding.ids)
        for relation, instagram_id in relations_of(session, begun.account_id, moment):
            if relation.unfollowed_at:
                # Their later acts say nothing of the follow.
                continue
            if instagram_id in shown:
                _seen(relation, moment, "list")
            elif finding.proof == "whole":
                _not_seen(relation, moment)
            elif finding.proof == "unbroken" and _is_covered(relation, read.unbroken_since):
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
        done(session, begun.account_id)
        relation = _relation(session, watched)
        if relation is not None:
            relation.asked_at = moment
            if followed_by:
                _seen(relation, _window_of(begun, watched, moment), "show")
                relation.seen_until = moment
            elif followed_by is False:
                _not_seen(relation, moment)
        session.commit()


def _window_of(begun: Begun, watched: Watched, moment: datetime) -> datetime:
    """Return the end of the window that a reading asks about, or the time of another one.

    It comes up to GRACE later. If it counted a no for the window and a yes for none, every share would be too small.
    """
    if begun.reading.kind != "window" or watched.begins is None:
        return moment
    return max((end for window in WINDOWS if (end := watched.begins + window) <= moment), default=moment)


def _is_late(relation: Relation, moment: datetime) -> bool:
    """Return whether a request is open for longer than an acceptance counts."""
    return relation.requested_at is not None and relation.requested_at + REQUEST <= moment


def _seen(relation: Relation, moment: datetime, by: str) -> None:
    if relation.followed_us_before:
        return
    if relation.back_at is None:
        relation.back_at, relation.back_by = moment, by
    relation.seen_until, relation.gone_at = moment, None


def _not_seen(relation: Relation, moment: datetime) -> None:
    """Keep that the person surely does not follow the account."""
    if relation.back_at is None:
        relation.no_until = moment
    elif relation.gone_at is None:
        relation.gone_at = moment


def _not_back(relation: Relation, moment: datetime) -> None:
    """Keep that the person has not followed back. The first pages of a list tell nothing of those who left."""
    if relation.back_at is None:
        relation.no_until = moment


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
    """Keep the list for the next reading. A reading that is not in order begins a new row of them."""
    if finding.in_order is not None:
        read.broken = 0 if finding.in_order else read.broken + 1
    if not finding.in_order:
        read.unbroken_since = moment
    if finding.proof == "whole":
        read.whole_at = moment
    read.read_at, read.newest = moment, finding.newest


def _day(session: TenantSession, begun: Begun) -> AccountDay:
    own = (AccountDay.account_id == begun.account_id, AccountDay.day == begun.day)
    return session.scalars(select(AccountDay).where(*own)).one()


def _relation(session: TenantSession, watched: Watched) -> Relation | None:
    return session.scalars(select(Relation).where(Relation.id == watched.id)).one_or_none()
