"""An Instagram in memory whose people react to an account, and which lists, counts and tells as a manner says."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from bot.core.errors import BotException
from jobs.instagram import Friendship, Inbox, Message, PeoplePage, PersonRef, Thread
from jobs.instagram.people import OwnCounts
from tests.support.lively_people import Character, Followers, Manner, Reply, listed
from tests.support.simulated_instagram import PEOPLE, SimulatedInstagram, id_of, is_gone, name_of

FIRST_BASE, FIRST_NEW = 30_000_000, 50_000_000
A_PAGE = 200


@dataclass
class Request:
    """A request to a private person, until it is accepted, declined or taken back."""

    at: datetime
    accepted_at: datetime | None
    declined_at: datetime | None
    taken_back_at: datetime | None = None

    def accepted(self, moment: datetime) -> bool:
        return self.ended_by(self.accepted_at, moment)

    def declined(self, moment: datetime) -> bool:
        return self.ended_by(self.declined_at, moment)

    def ended_by(self, end: datetime | None, moment: datetime) -> bool:
        ends = [at for at in (self.accepted_at, self.declined_at, self.taken_back_at) if at]
        return end is not None and end <= moment and end == min(ends)


@dataclass
class Told:
    """The times at which Instagram told successful readings of people that the account had followed.

    `following`: that they follow the account; `accepted`: that the account follows them. `asked` has the questions
    about single people, and `lists` the times of lists.
    """

    following: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    accepted: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    asked: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    lists: list[datetime] = field(default_factory=list)

    def add(self, other: "Told") -> None:
        self.lists += other.lists
        for mine, theirs in (
            (self.following, other.following),
            (self.accepted, other.accepted),
            (self.asked, other.asked),
        ):
            for person, times in theirs.items():
                mine[person] += times


@dataclass
class LivelyInstagram(SimulatedInstagram):
    """Instagram for one account. `rate` is the chance of a follow-back to the current action.

    `reads` has the time of each request of a reading. `told` is what these were told.
    """

    account_id: str = ""
    manner: Manner = field(default_factory=Manner)
    followers: Followers = field(default_factory=lambda: Followers([], datetime.min))
    people: Random = field(default_factory=Random)
    rate: Callable[[], float] = lambda: 0.2
    requests: dict[str, Request] = field(default_factory=dict)
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    groups: dict[str, list[Message]] = field(default_factory=dict)
    delivered: dict[str, int] = field(default_factory=dict)
    reads: list[datetime] = field(default_factory=list)
    met: set[str] = field(default_factory=set)
    told: Told = field(default_factory=Told)
    measuring: Told | None = None
    _listed: tuple[datetime, list[str]] | None = None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Count reads, and keep what they are told if none of them fails."""
        self.measuring = Told()
        try:
            yield
        finally:
            heard, self.measuring = self.measuring, None
        self.told.add(heard)

    def fails(self) -> None:
        """Forget what the current reading was told: it ends with an error."""
        if self.measuring:
            self.measuring = Told()

    def own_followers(self, cursor: str | None = None) -> PeoplePage:
        self._read()
        people, start = self._shown(), int(cursor or 0)
        page = people[start : start + A_PAGE]
        self._hear(page)
        if self.measuring is not None:
            self.measuring.lists.append(self.now())
        ended = start + A_PAGE >= len(people)
        limited = ended and self.manner.told and self._is_cut(people)
        refs = [PersonRef(one, name_of(one)) for one in page]
        return PeoplePage(refs, None if ended else str(start + A_PAGE), limited=limited)

    def own_counts(self) -> OwnCounts:
        self._read()
        followers = len(self.followers.at(self.now() - self.manner.counts_lag))
        return OwnCounts(followers, sum(self._friendship(id_of(name)).following for name in self.follows), 0)

    def friendships(self, user_ids: Sequence[str]) -> dict[str, Friendship]:
        """Return how the account follows them. As at Instagram, nothing tells who follows the account."""
        self._read()
        found = {one: self._friendship(one) for one in user_ids if not is_gone(int(one))}
        if self.measuring is not None:
            for one, friendship in found.items():
                if friendship.following:
                    self.measuring.accepted[one].append(self.now())
        return {one: Friendship(found[one].following, found[one].requested) for one in found}

    def friendship(self, user_id: str) -> Friendship:
        friendship = super().friendship(user_id)
        if self.measuring is not None:
            self.measuring.asked[user_id].append(self.now())
        if friendship.followed_by:
            self._hear([user_id])
        return friendship

    def follow(self, user_id: str) -> Friendship:
        self._change("follow", user_id, lambda: self._followed(user_id))
        return self._friendship(user_id)

    def unfollow(self, user_id: str) -> Friendship:
        self._change("unfollow", user_id, lambda: self._unfollowed(user_id))
        return self._friendship(user_id)

    def thread_with(self, user_id: str) -> Thread | None:
        self._deliver_answers()
        return super().thread_with(user_id)

    def inbox(self, cursor: str | None = None, *, requests: bool = False) -> Inbox:
        inbox = super().inbox(cursor, requests=requests)
        if cursor is None and not requests:
            return Inbox([*self._group_threads(), *inbox.threads], inbox.cursor)
        return inbox

    def _hear(self, people: Sequence[str]) -> None:
        if self.measuring is not None:
            for one in self.met.intersection(people):
                self.measuring.following[one].append(self.now())

    def _shown(self) -> list[str]:
        """Return the list as it is shown, once for all pages of a reading."""
        if self._listed is None or self._listed[0] != self.now():
            moment = self.now()
            people = listed(self.followers.at(moment), self.manner.order_at(moment), moment)
            self._listed = moment, self.manner.shows(people)
        return self._listed[1]

    def _is_cut(self, people: list[str]) -> bool:
        return self.manner.shown is not None and len(people) >= self.manner.shown

    def _followed(self, user_id: str) -> None:
        self.follows.add(name_of(user_id))
        self.met.add(user_id)
        character, moment = Character(self.people), self.now()
        is_new = not self.followers.spans_of(user_id)
        if int(user_id) % 9:
            spans = character.spans(self.rate(), moment) if is_new else []
        else:
            accepts, declines = character.accepts_after(), character.declines_after()
            request = Request(moment, moment + accepts if accepts else None, moment + declines if declines else None)
            self.requests[user_id] = request
            accepted = request.accepted_at and request.accepted(request.accepted_at)
            spans = character.spans(self.rate(), request.accepted_at) if is_new and accepted else []
        for span in spans:
            self.followers.add(user_id, span.since, span.until)

    def _unfollowed(self, user_id: str) -> None:
        self.follows.discard(name_of(user_id))
        request = self.requests.get(user_id)
        if request and not request.taken_back_at:
            request.taken_back_at = self.now()

    def _friendship(self, user_id: str) -> Friendship:
        moment = self.now()
        followed, request = name_of(user_id) in self.follows, self.requests.get(user_id)
        accepted = request is None or request.accepted(moment)
        waits = request is not None and not accepted and not request.declined(moment)
        return Friendship(followed and accepted, followed and waits, self.followers.follows(user_id, moment))

    def _written(self, user_id: str, item: Message) -> None:
        self.threads.setdefault(user_id, []).append(item)
        drawn = Character(self.people).replies(self.rate(), self.now())
        self.replies.setdefault(user_id, []).extend(drawn)

    def _deliver_answers(self) -> None:
        for user_id, replies in self.replies.items():
            if self.delivered.get(user_id, 0) == len(replies):
                continue
            replies.sort(key=lambda one: one.at)
            due = [one for one in replies if one.at <= self.now()]
            for number, reply in enumerate(due[self.delivered.get(user_id, 0) :]):
                place = self.delivered.get(user_id, 0) + number
                box = self.groups if reply.in_group else self.threads
                item = Message(f"r{user_id}.{place}", user_id, reply.text, "", reply.at, mine=False)
                box.setdefault(user_id, []).append(item)
            self.delivered[user_id] = len(due)

    def _group_threads(self) -> list[Thread]:
        other = PersonRef("7", name_of("7"))
        return [
            Thread(f"g{who}", [PersonRef(who, name_of(who)), other], messages[::-1])
            for who, messages in self.groups.items()
        ]

    def _read(self, otherwise: str | None = None) -> None:
        if self.measuring is not None:
            self.reads.append(self.now())
        try:
            super()._read(otherwise)
        except BotException:
            self.fails()
            raise


def followers_of(chance: Random, begins: datetime, size: int, days: int) -> Followers:
    """Draw the followers of an account: those at the start, those who leave, and those who come for other reasons."""
    of_the_world = [str(10 + number) for number in chance.sample(range(PEOPLE), min(size // 3, 700))]
    base = of_the_world + [str(FIRST_BASE + number) for number in range(size - len(of_the_world))]
    chance.shuffle(base)
    followers = Followers(base, begins)
    for person in chance.sample(base, size // 12):
        followers.leave(person, begins + timedelta(days=chance.uniform(0, days)))
    for number in range(int(days * chance.uniform(0, 4))):
        since = begins + timedelta(days=chance.uniform(0, days))
        followers.add(str(FIRST_NEW + number), since, since + timedelta(days=chance.choice((1, 400))))
    return followers
