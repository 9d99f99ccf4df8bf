"""Readings of an account: relations of people to it, its counts, its list of followers, and kept results."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Id, Tenant, UtcDateTime, new_id, owner


class Relation(Tenant, Base):
    """The relation of a person to an account since its bot followed them or asked to.

    `account_id` is the Instagram id of the account, `person_id` the row in `people`. `followed_us_before` tells if they
    followed the account before its first follow; NULL is unknown. `followed_at` is the follow of a public person,
    `requested_at` the request to a private one. `accepted_at` is the first reading that saw it accepted, `declined_at`
    the first that saw it gone, or still open after 14 days. `back_at` is the first reading that saw them follow the
    account, or the end of the window that it asked about, and `back_by` its kind: a `check` that no list has confirmed
    tells that lists hide people. `seen_until` is the last one that did, `gone_at` the first after it that did not.
    `no_until` is the time until which it is proven that they did not follow back, and `no_since` the time from which
    on, if readings missed the end of a window. `asked_at` is the last question about them alone. `unfollowed_at` is the
    end of the account's own follow by its bot.
    """

    __tablename__ = "relations"
    __table_args__ = (UniqueConstraint("user_id", "account_id", "person_id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(index=False)
    account_id: Mapped[str] = mapped_column(String(32))
    person_id: Mapped[str] = mapped_column(Id, ForeignKey("people.id", ondelete="CASCADE"), index=True)
    followed_us_before: Mapped[bool | None]
    followed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    requested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    declined_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    back_by: Mapped[str | None] = mapped_column(String(8))
    seen_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    no_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    no_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unfollowed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AccountDay(Tenant, Base):
    """The counts of an account on a local day of its user, and the number of reads that readings made on it.

    `read_at` is when the counts were read; without it they are NULL.
    """

    __tablename__ = "account_days"
    __table_args__ = (UniqueConstraint("user_id", "account_id", "day"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(index=False)
    account_id: Mapped[str] = mapped_column(String(32))
    day: Mapped[date] = mapped_column(Date)
    followers: Mapped[int | None]
    following: Mapped[int | None]
    posts: Mapped[int | None]
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reads: Mapped[int] = mapped_column(default=0)


class FollowerRead(Tenant, Base):
    """The last reading of an account's list of followers.

    `newest` are the ids of its first 20 people. Readings have followed each other without a gap since
    `unbroken_since`; `broken` counts those in a row that did not. `whole_at` is the last reading of the whole list.
    `followers` is the account's own count at the time of the last comparison with the list, and `gained` the number of
    new people in the list since. `failed_at` and `error_code` are the last failure of any reading, until one succeeds.
    """

    __tablename__ = "follower_reads"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(unique=True)
    account_id: Mapped[str] = mapped_column(String(32))
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    newest: Mapped[list[str]] = mapped_column(JSON, default=list)
    unbroken_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    broken: Mapped[int] = mapped_column(default=0)
    whole_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    followers: Mapped[int | None]
    gained: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error_code: Mapped[str | None] = mapped_column(String(32))


class ResultDay(Tenant, Base):
    """The numbers of a closed local day as they were at `counted_at`: its steps, and what came of them.

    Triggers of the database raise `changes` with each change of a row that the numbers are counted from. They are told
    only while it is still `counted`, before `good_until`, at which time alone may change them, and on the same
    `basis`: the rules of counting, the linked account and how far its inbox was read. `numbers` has them by action,
    part of its sources, kind and variant, and `hours` by hour and kind.
    """

    __tablename__ = "result_days"
    __table_args__ = (UniqueConstraint("user_id", "begins"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(index=False)
    begins: Mapped[datetime] = mapped_column(UtcDateTime)
    ends: Mapped[datetime] = mapped_column(UtcDateTime)
    changes: Mapped[int] = mapped_column(BigInteger, default=0)
    counted: Mapped[int | None] = mapped_column(BigInteger)
    counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    good_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    basis: Mapped[str | None] = mapped_column(String(128))
    numbers: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    hours: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
