"""Results of some weeks among people who react, under every manner in which Instagram lists followers.

Follows and messages are stored as done; readings, answers and results are the product's. Whole days of many bots are
lived by `python -m tests.bench.results`.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from bot.actions.control import cancel
from bot.actions.placing import FollowHashtag, follow_hashtag
from bot.config.runtime import now
from bot.contacts.people import meet
from bot.messages.deliveries import contacted
from bot.readings import records
from bot.results.periods import Period
from bot.storage.models import ActionTarget, BotStatus, Relation
from bot.storage.models.values import StepKind, TargetStatus
from bot.storage.tenancy import tenant
from jobs.chores import do_chore
from jobs.instance import BotInstanceManager
from tests.live.measuring import on_sqlite
from tests.support.lively_bots import BUDGET, MANNERS, TAGS, LivelyBot
from tests.support.lively_instagram import LivelyInstagram, followers_of
from tests.support.results_judgment import judge
from tests.support.results_truth import EXACT, HIDDEN
from tests.support.simulated_bots import instance_of
from tests.support.simulated_instagram import is_gone, name_of
from tests.support.simulated_rules import Habits, Referee

HABITS = Habits("Europe/Berlin", ((540, 1260),) * 7)
WEEKS = timedelta(days=18)
FOLLOWS, MESSAGES = 4, 2
MOST_TELLING = {
    "newest first": 900,
    "an order of its own": 900,
    "an order of its own, cut without a word": 900,
    "newest first, cut without a word": 900,
    "an order of its own, two of a hundred cut": 150,
    "newest last, two of a hundred cut": 150,
}
"""Manners of Instagram, with the number of followers at the start. Up to 200 are in a single page."""


class Life:
    """Days of one bot: it follows and writes in the morning, and reads until the evening."""

    def __init__(self, user, clock, manner, size):
        self.clock, self.chance = clock, Random(size)  # noqa: S311
        self.bot = LivelyBot(user.id, user.username, self.chance, Referee(HABITS, clock.moment), None, None)
        instagram = self.account("4711", manner, size)
        self.bot.accounts.append(instagram)
        self.bot.instagram, self.bot.instance = instagram, instance_of(user.id, instagram)
        self.bot.settle_in()
        forms = (FollowHashtag(hashtag=tag, amount=100) for tag in TAGS)
        self.actions = [follow_hashtag(user.id, form).action.id for form in forms]
        # Their steps are made here: the bot has nothing to do but to read.
        for action in self.actions:
            cancel(user.id, action)
        self.met: Counter[str] = Counter()

    def account(self, account_id, manner, size):
        people = Random(f"{manner} {size} {account_id}")  # noqa: S311
        midnight = self.clock.moment.replace(hour=0, minute=0)
        return LivelyInstagram(
            now=self.clock.now,
            chance=Random(1),  # noqa: S311
            watch=self.bot.watch,
            trouble=0.0,
            account_id=account_id,
            manner=manner,
            followers=followers_of(people, midnight, size, WEEKS.days),
            people=people,
            rate=self.bot.rate,
        )

    def live(self, length):
        ends = self.clock.moment + length
        while self.clock.moment < ends:
            morning = self.clock.moment.replace(hour=9, minute=0)
            for number in range(FOLLOWS + MESSAGES):
                self.clock.moment = morning + timedelta(minutes=number)
                self.act("follow" if number < FOLLOWS else "message")
            self.read(morning + timedelta(hours=9))
            self.clock.moment = morning + timedelta(days=1)

    def act(self, kind):
        """Do a step at Instagram, and store it as a step does."""
        person, instagram = str(100 + self.chance.randrange(8_000)), self.bot.lively
        self.bot._action = self.actions[self.met.total() % len(self.actions)]
        if self.met[person] or is_gone(int(person)):
            return
        before = instagram.friendship(person)
        self.met[person] += 1
        requested = instagram.follow(person).requested if kind == "follow" else instagram.send_message(person, "", "")
        with tenant(self.bot.user_id) as session:
            met = meet(session, {person: name_of(person)})[person]
            row = ActionTarget(user_id=self.bot.user_id, action_id=self.bot._action, position=1)
            row.target, row.person, row.person_id = name_of(person), name_of(person), met
            row.created_at = row.claimed_at = row.finished_at = now()
            row.step_kind, row.status = StepKind(kind), TargetStatus.DONE
            row.account_id, row.instagram_id, row.followed_us = instagram.account_id, person, before.followed_by
            if kind == "message":
                row.recipient, row.purpose = person, "a message"
                session.add(row)
                contacted(session, row, now())
            else:
                row.reason = "requested" if requested is True else None
                session.add(row)
            session.commit()

    def read(self, evening):
        """Make all readings that are due by the evening, and read the inbox at last."""
        while (at := self.due()) <= evening:
            self.clock.moment = max(at, self.clock.moment)
            self.bot._measure()
        self.clock.moment = evening
        do_chore("read_replies", self.bot.instance, BotInstanceManager())

    def due(self):
        with tenant(self.bot.user_id, reading=True) as session:
            at = session.scalars(select(BotStatus.measure_at)).one()
        return max(at or now(), self.bot.linked[self.bot.lively.account_id] + timedelta(days=7))


def judged(life):
    until = life.clock.moment.date()
    return judge(life.bot, Period(until - timedelta(days=40), until))


@pytest.fixture
def lives(ready, clock):
    def live(manner, size=900):
        life = Life(ready, clock, MANNERS[manner], size)
        life.live(WEEKS)
        return life.bot, judged(life)

    return live


@on_sqlite
@pytest.mark.parametrize("there", [4, 9])
@pytest.mark.parametrize("manner", ["newest first", "an order of its own"])
def test_an_account_that_is_linked_again_after_another_one_tells_nothing_of_the_time_between(
    ready, clock, manner, there
):
    life = Life(ready, clock, MANNERS[manner], 150)
    first = life.bot.lively
    life.live(timedelta(days=10))
    for account, days in ((life.account("4712", MANNERS[manner], 150), there), (first, 10)):
        life.bot.link_another(account)
        wrong = judged(life).wrong
        for _ in range(days):
            life.live(timedelta(days=1))
            wrong += judged(life).wrong
        print(len(wrong))
        print("\n".join(w[:700] for w in wrong[:60]))
        assert wrong == []


@on_sqlite
@pytest.mark.parametrize(("manner", "size"), MOST_TELLING.items())
def test_every_number_is_what_happened_or_is_told_to_be_unknown(lives, manner, size):
    bot, found = lives(manner, size)
    # The chores that come before readings are not made here.
    broken = [one for one in bot.broken if "last in line" not in one]
    assert (found.wrong, broken) == ([], [])
    told: Counter[tuple[str, str]] = Counter()
    for (measure, outcome, _), number in found.outcomes.items():
        told[measure, outcome] += number
    assert told["follow_back_7", "yes"]
    assert told["follow_back_7", "no"]
    assert told["accepted", "so_far"] + told["accepted", "yes"]
    assert told["answered", "no"]
    assert told["answered", "so_far"] + told["answered", "yes"]
    assert 0 < max(bot.reads.values()) <= BUDGET


@on_sqlite
def test_a_list_that_hides_people_is_believed_up_to_the_first_one_that_a_check_finds(ready, clock):
    life = Life(ready, clock, replace(MANNERS["newest first"], hidden=0.5), 900)
    life.live(WEEKS)
    found = judged(life)
    told: Counter[tuple[str, str]] = Counter()
    for (measure, outcome, how), number in found.outcomes.items():
        if measure == "follow_back_7":
            told[outcome, how] += number
    assert found.wrong == []
    with tenant(ready.id, reading=True) as session:
        assert session.scalars(select(Relation).where(Relation.back_by == "check")).all()
    assert told["no", HIDDEN]
    assert told["no", EXACT]


@on_sqlite
def test_a_product_that_trusts_every_list_is_found_out(lives, monkeypatch):
    monkeypatch.setattr(records, "_has_shown_new", lambda *_: True)
    monkeypatch.setattr(records, "_in_place", lambda _read, finding, _watched: finding)
    _, found = lives("newest last")
    assert any("follow_back_7" in wrong and "told no" in wrong for wrong in found.wrong)
