"""Simulated people and their bots: settings, actions, visits, and the work of their lanes."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from bot.actions import control, placing
from bot.actions.recurrence import Repeat
from bot.actions.targets import Work
from bot.automation import lifecycle
from bot.automation.client_versions import hold_if_refused
from bot.config.runtime import now
from bot.contacts import do_not_contact
from bot.contacts.do_not_contact import LeaveAlone
from bot.core.errors import BotException
from bot.decision.verdicts import RunChore
from bot.linking import outcomes
from bot.linking.outcomes import store_session
from bot.linking.stored_sessions import nightly_test_passed
from bot.messages import sending
from bot.messages.sending import SendMessages
from bot.settings.preferences import DAYS, OwnLimit, Pace, Settings, TimeSpan, Week, change_limits, change_settings
from bot.steps import decisions
from bot.steps.decisions import Decision
from bot.steps.work import Nothing, next_work
from bot.storage.models import OPEN, Action, ActionTarget, BotStatus
from bot.storage.tenancy import tenant
from jobs.chores import do_chore
from jobs.instagram import Endpoint
from jobs.instance import BotInstance, BotInstanceManager
from jobs.lanes import Lease, hold
from jobs.steps import run_step
from tests.support.simulated_instagram import STOPS, SimulatedInstagram, id_of, name_of
from tests.support.simulated_rules import FIGURES, Habits, Referee, Span

# All of these but UTC and Kolkata change their clocks within the simulated month.
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Auckland", "Asia/Kolkata", "UTC")
USUAL: Span = (9 * 60, 21 * 60)
SPANS: tuple[Span | None, ...] = (USUAL, USUAL, (0, 1440), (7 * 60 + 30, 12 * 60), (18 * 60, 2 * 60), None)
PAUSES: tuple[Span | None, ...] = (None, None, (23 * 60, 6 * 60), (13 * 60, 14 * 60 + 15), (30, 5 * 60))
# All recipients of one bot's messages, so that lists overlap.
ACQUAINTANCES = 150
FOREVER = 1e9


def draw_habits(chance: Random) -> Habits:
    """Draw the settings of a person."""
    usual = chance.choice(SPANS[:-1])
    week = [chance.choice(SPANS) if chance.random() < 0.3 else usual for _ in DAYS]
    chosen = {kind: chance.random() for kind in FIGURES}
    return Habits(
        timezone=chance.choice(ZONES),
        week=(USUAL, *week[1:]),
        pause=chance.choice(PAUSES),
        warm_up=chance.random() < 0.7,
        per_day={kind: chance.randint(1, FIGURES[kind].ceiling // 2) for kind, at in chosen.items() if at < 0.5},
        per_hour={kind: chance.randint(1, 12) for kind, at in chosen.items() if 0.3 < at < 0.6},
        least_delay={kind: chance.uniform(300, 900) for kind, at in chosen.items() if at > 0.8},
        ceiling={kind: chance.randint(2, 30) for kind, at in chosen.items() if 0.6 < at < 0.7},
    )


@dataclass
class SimulatedBot:
    """One person with their bot and their lane, which runs at `planned`; None if only a person can go on."""

    user_id: str
    name: str
    chance: Random
    referee: Referee
    instagram: SimulatedInstagram
    instance: BotInstance
    planned: datetime | None = None
    stepped_at: datetime | None = None
    steps: int = 0
    spins: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def step(self) -> datetime | None:
        """Do a worker's work when the lane is due. Return when it is to run again."""
        self.steps += 1
        with hold(Lease(self.user_id, "simulated", FOREVER)):
            work = next_work(self.user_id)
            if isinstance(work, Nothing):
                return work.at
            try:
                if isinstance(work, RunChore):
                    return self._chore(work.chore)
                return self._perform(work)
            finally:
                if self.instance.outdated:
                    hold_if_refused(self.instance.outdated)
                    self.instagram.outdated = None

    def _perform(self, work: Work) -> datetime | None:
        return run_step(self.instance, work)

    def _chore(self, name: str) -> datetime | None:
        if name == "read_replies":
            refused = self.referee.refusals.total()
            next_at = do_chore(name, self.instance, BotInstanceManager())
            if self.referee.refusals.total() == refused:
                self._note_answers()
            return next_at
        if name == "measure":
            return do_chore(name, self.instance, BotInstanceManager())
        try:
            self.instagram.check()
        except BotException as error:
            return outcomes.chore_failed(self.user_id, name, error)
        nightly_test_passed(self.user_id, "", self.instagram.dump())
        return now()

    def _note_answers(self) -> None:
        """Note the answers that the bot has read.

        It may write again to people who answered, but not to those who asked to be left alone.
        """
        for user_id, thread in self.instagram.threads.items():
            for message in thread:
                if not message.mine and message.at <= now():
                    self.referee.answered(name_of(user_id))
                    if message.text in STOPS:
                        self.referee.left_alone.add(name_of(user_id))

    def settle_in(self) -> None:
        """Apply the person's settings, link the account and start the bot."""
        self.choose_settings()
        habits = self.referee.habits
        kinds = {*habits.per_day, *habits.per_hour}
        own = {kind: OwnLimit(per_day=habits.per_day.get(kind), per_hour=habits.per_hour.get(kind)) for kind in kinds}
        change_limits(self.user_id, own)
        self.link()

    def choose_settings(self) -> None:
        habits = self.referee.habits
        week = Week(**{day: _span(span) for day, span in zip(DAYS, habits.week, strict=True)})
        pace = {kind: Pace(delay_min=low, delay_max=low * 2) for kind, low in habits.least_delay.items()}
        change_settings(
            self.user_id,
            Settings(
                timezone=habits.timezone,
                week=week,
                pause=_span(habits.pause),
                warm_up=habits.warm_up,
                pace=dict(pace),
            ),
        )

    def link(self) -> None:
        with tenant(self.user_id) as session:
            store_session(
                session, session_data="{}", instagram_id=self.name, username=self.name, password="instagram secret"
            )
            session.commit()
        self.instagram.signed_in = self.referee.signed_in = True
        self.start()

    def start(self) -> None:
        lifecycle.start(self.user_id)
        self.referee.running = True

    def visit(self) -> None:
        """Let the person visit: link, start, decide about messages in doubt, change their mind, place actions."""
        with tenant(self.user_id, reading=True) as session:
            status = session.scalars(select(BotStatus)).one()
        if not status.session_valid:
            self.link()
        elif not status.bot_running:
            self.start()
        self._resolve_unknown()
        self._change_mind()
        if self.chance.random() < 0.05:
            lifecycle.stop(self.user_id)
            self.referee.running = False
        self.place()

    def _resolve_unknown(self) -> None:
        """Look into the thread, as only the person can."""
        with tenant(self.user_id, reading=True) as session:
            query = select(ActionTarget).where(ActionTarget.status == "unknown", ActionTarget.look_up_at.is_(None))
            rows = [row for row in session.scalars(query) if row.step_kind == "message"]
        for row in rows:
            # An earlier message, which they have answered, may be there as well.
            thread = self.instagram.threads.get(id_of(row.person), [])
            there = any(one.mine and one.at == row.claimed_at for one in thread)
            outcome = "sent" if there else self.chance.choice(("not_sent", "send_again"))
            self._try(decisions.resolve, row.action_id, row.id, Decision(outcome=outcome))

    def _change_mind(self) -> None:
        with tenant(self.user_id, reading=True) as session:
            open_actions = list(session.scalars(select(Action).where(Action.status.in_(OPEN)).order_by(Action.kind)))
        for action in open_actions:
            if action.status == "paused":
                self._try(control.resume, action.id)
            elif self.chance.random() < 0.03:
                self._try(self.chance.choice((control.pause, control.cancel)), action.id)
        if self.chance.random() < 0.1:
            person = name_of(str(self._acquaintance()))
            do_not_contact.add_own(self.user_id, LeaveAlone(username=person))
            self.referee.left_alone.add(person)

    def place(self) -> None:
        """Place one action of any kind, sometimes for later or repeated."""
        kind = self.chance.choice(tuple(_ACTIONS))
        self._try(*_ACTIONS[kind](self))

    def _try(self, asked: Callable[..., object], *about: object) -> None:
        """Try it, and count a refusal."""
        try:
            asked(self.user_id, *about)
        except BotException as error:
            self.refused[error.name] += 1

    def schedule(self) -> dict[str, Any]:
        start_at = now() + timedelta(hours=self.chance.uniform(1, 60)) if self.chance.random() < 0.2 else None
        at = f"{self.chance.randint(0, 23):02}:30" if self.chance.random() < 0.5 else None
        repeat = Repeat(every_days=self.chance.randint(1, 4), at=at) if self.chance.random() < 0.15 else None
        return {"start_at": start_at, "repeat": repeat}

    def tag(self) -> str:
        return f"tag{self.chance.randrange(50)}"

    def amount(self) -> int:
        return self.chance.randint(3, 60)

    def _acquaintance(self) -> int:
        return 10 + self.chance.randrange(ACQUAINTANCES)

    def recipients(self) -> list[str]:
        return sorted({name_of(str(self._acquaintance())) for _ in range(self.chance.randint(2, 12))})


Asked = tuple[Any, ...]
"""A function that places an action, and its arguments after the user."""


def _follow_hashtag(bot: SimulatedBot) -> Asked:
    form = placing.FollowHashtag(hashtag=bot.tag(), amount=bot.amount(), **bot.schedule())
    return placing.follow_hashtag, form


def _follow_followers(bot: SimulatedBot) -> Asked:
    account = f"p{bot.chance.randrange(10, 5000)}"
    form = placing.FollowFollowers(account=account, amount=bot.amount(), **bot.schedule())
    return placing.follow_followers, form


def _like_hashtag(bot: SimulatedBot) -> Asked:
    order = bot.chance.choice(("top", "recent"))
    form = placing.LikeHashtag(hashtag=bot.tag(), amount=bot.amount(), order=order, **bot.schedule())
    return placing.like_hashtag, form


def _view_stories(bot: SimulatedBot) -> Asked:
    whose: dict[str, Any] = {"usernames": bot.recipients()} if bot.chance.random() < 0.3 else {"amount": bot.amount()}
    return placing.view_stories, placing.ViewStories(**whose, **bot.schedule())


def _unfollow(bot: SimulatedBot) -> Asked:
    days, one_sided = bot.chance.randint(1, 7), bot.chance.random() < 0.5
    form = placing.Unfollow(
        amount=bot.amount(), older_than_days=days, only_not_following_back=one_sided, **bot.schedule()
    )
    return placing.unfollow, form


def _send_messages(bot: SimulatedBot) -> Asked:
    form = SendMessages(usernames=bot.recipients(), message="Hello {first_name|there}, {a|b|c} {username}")
    return sending.send_messages, form, sending.recipients_of(form)


_ACTIONS: dict[str, Callable[[SimulatedBot], Asked]] = {
    "follow-hashtag": _follow_hashtag,
    "follow-followers": _follow_followers,
    "like-hashtag": _like_hashtag,
    "view-stories": _view_stories,
    "unfollow": _unfollow,
    "send-messages": _send_messages,
}


def instance_of(user_id: str, instagram: SimulatedInstagram) -> BotInstance:
    """Return the product's own instance with its memory, with a simulated account in place of Instagram."""
    instance = BotInstance(user_id, lambda _proxy: Endpoint())
    instance.client = instagram
    return instance


def _span(span: Span | None) -> TimeSpan | None:
    if span is None:
        return None
    start, end = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in span)
    return TimeSpan(start=start, end=end)
