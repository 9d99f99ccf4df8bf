"""The person of a lived past: what they want of their bot, and their visits, drawn from a seed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from bot.actions import placing
from bot.automation import lifecycle
from bot.core.errors import BotException
from bot.decision.limit_rules import DEFAULTS
from bot.demo.sandbox import SandboxAccount
from bot.linking import requests
from bot.linking.link_forms import Link
from bot.messages import sending
from bot.messages.sending import SendMessages
from bot.settings.preferences import (
    DAYS,
    OwnLimit,
    Pace,
    Settings,
    TimeSpan,
    Week,
    change_limits,
    change_settings,
)
from bot.steps import decisions
from bot.steps.decisions import Decision
from bot.storage.models import OPEN, Action, ActionTarget, BotStatus
from bot.storage.tenancy import tenant
from jobs import tasks
from jobs.lanes import Lease, hold

TIMEZONE = "Europe/Berlin"
HASHTAGS = ("coffee", "specialtycoffee", "filtercoffee", "latteart", "homebarista", "thirdwavecoffee", "leipzig")
TEXT = "Hi {first_name|there}, {we roast small lots in Leipzig|our new lot from Huila is in}. Want a sample bag?"
STEPS_A_DAY = {"follow": 14, "unfollow": 12, "like": 16, "story": 12, "message": 5}
# Seconds of a lease that no other worker asks for.
FOREVER = 1e9
# Seconds between two steps once the past is over.
AT_LAST = (20.0, 60.0)
# A person does not look after more than these.
MOST_OPEN = 4
WRITTEN_AT_ONCE = 12


@dataclass
class Person:
    """A person with a bot. `refused` counts what the product refused them, by the name of the failure."""

    user_id: str
    account: SandboxAccount
    chance: Random
    placed: int = 0
    written: set[str] = field(default_factory=set)

    def settle_in(self) -> None:
        """Choose hours, pace and limits, connect the account, and turn the bot on."""
        pace = {kind: Pace(delay_min=one.delay_min * 6, delay_max=one.delay_max * 12) for kind, one in DEFAULTS.items()}
        change_settings(self.user_id, Settings(timezone=TIMEZONE, warm_up=True, pace=dict(pace)))
        change_limits(self.user_id, {kind: OwnLimit(per_day=most) for kind, most in STEPS_A_DAY.items()})
        self.connect()

    def open_up(self) -> None:
        """Let the bot work at every hour, and faster: a visitor comes at any time and does not wait for long."""
        day = TimeSpan(start="00:00", end="24:00")
        pace = {kind: Pace(delay_min=AT_LAST[0], delay_max=AT_LAST[1]) for kind in DEFAULTS}
        change_settings(self.user_id, Settings(week=Week(**dict.fromkeys(DAYS, day)), pace=dict(pace)))

    def connect(self) -> None:
        form = Link(username=self.account.username, password=self.account.password)
        asked = requests.link(self.user_id, form, wait=0.0)
        with hold(Lease(self.user_id, "past", FOREVER)):
            tasks.account_request(self.user_id, asked.id)
        # It raises the failure that was recorded.
        requests.get_request(self.user_id, asked.id)
        lifecycle.start(self.user_id)

    def visit(self) -> None:
        """Look after the bot: connect it again, turn it on, settle messages in doubt, place an action."""
        with tenant(self.user_id, reading=True) as session:
            status = session.scalars(select(BotStatus)).one()
            kinds: set[str] = set(session.scalars(select(Action.kind).where(Action.status.in_(OPEN))))
        if not status.session_valid:
            self.connect()
        elif not status.bot_running:
            lifecycle.start(self.user_id)
        self._settle_doubts()
        for kind in list(_WANTED):
            if len(kinds) < MOST_OPEN and kind not in kinds and self.chance.random() < _WANTED[kind]:
                self._place(kind)
                kinds.add(kind)

    def next_visit(self, moment: datetime) -> datetime:
        return moment + timedelta(hours=self.chance.uniform(16, 40))

    def _settle_doubts(self) -> None:
        """Say of messages that may have arrived that they did: the person sees them in Instagram's app."""
        with tenant(self.user_id, reading=True) as session:
            query = select(ActionTarget).where(ActionTarget.status == "unknown", ActionTarget.look_up_at.is_(None))
            rows = [row for row in session.scalars(query) if row.step_kind == "message"]
        for row in rows:
            decisions.resolve(self.user_id, row.action_id, row.id, Decision(outcome="sent"))

    def _place(self, kind: str) -> None:
        """Place an action. A refusal, for example of an empty list, is one that a person would see and leave."""
        try:
            if _PLACED[kind](self):
                self.placed += 1
        except BotException as refusal:
            if refusal.status >= 500:
                raise

    def followed(self) -> list[str]:
        """Return the people that the bot has followed."""
        with tenant(self.user_id, reading=True) as session:
            done = ActionTarget.status == "done", ActionTarget.step_kind == "follow"
            rows = session.scalars(select(ActionTarget).where(*done).order_by(ActionTarget.claimed_at))
            return list(dict.fromkeys(row.person for row in rows if row.person))


def _follow_hashtag(person: Person) -> bool:
    form = placing.FollowHashtag(hashtag=person.chance.choice(HASHTAGS), amount=person.chance.randrange(20, 70, 5))
    return bool(placing.follow_hashtag(person.user_id, form))


def _follow_followers(person: Person) -> bool:
    followed = person.followed()
    if not followed:
        return False
    form = placing.FollowFollowers(account=person.chance.choice(followed), amount=person.chance.randrange(10, 40, 5))
    return bool(placing.follow_followers(person.user_id, form))


def _like_hashtag(person: Person) -> bool:
    form = placing.LikeHashtag(hashtag=person.chance.choice(HASHTAGS), amount=person.chance.randrange(30, 90, 10))
    return bool(placing.like_hashtag(person.user_id, form))


def _view_stories(person: Person) -> bool:
    form = placing.ViewStories(amount=person.chance.randrange(20, 50, 10))
    return bool(placing.view_stories(person.user_id, form))


def _unfollow(person: Person) -> bool:
    form = placing.Unfollow(amount=person.chance.randrange(10, 40, 5), older_than_days=14, only_not_following_back=True)
    return bool(placing.unfollow(person.user_id, form))


def _send_messages(person: Person) -> bool:
    fresh = [name for name in person.followed() if name not in person.written][:WRITTEN_AT_ONCE]
    if len(fresh) < WRITTEN_AT_ONCE:
        return False
    person.written.update(fresh)
    form = SendMessages(usernames=fresh, message=TEXT)
    return bool(sending.send_messages(person.user_id, form, sending.recipients_of(form)))


_PLACED: dict[str, Callable[[Person], Any]] = {
    "follow-hashtag": _follow_hashtag,
    "follow-followers": _follow_followers,
    "like-hashtag": _like_hashtag,
    "view-stories": _view_stories,
    "unfollow": _unfollow,
    "send-messages": _send_messages,
}
# How likely a kind is wanted at a visit at which none of it is open.
_WANTED = {
    "follow-hashtag": 0.7,
    "like-hashtag": 0.5,
    "send-messages": 0.35,
    "view-stories": 0.4,
    "unfollow": 0.3,
    "follow-followers": 0.3,
}
