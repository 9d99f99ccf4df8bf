"""Bots among people who react: what they follow and write, and what each of their readings costs and touches."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from bot.actions import placing
from bot.actions.filters import Filters
from bot.actions.targets import Work
from bot.auth.sessions import SessionInfo
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.decision.decide import BotState, decide
from bot.decision.hours import local_date
from bot.decision.snapshot import load
from bot.decision.verdicts import Halt, Wait
from bot.linking.outcomes import store_session
from bot.messages import sending
from bot.messages.sending import SendMessages
from bot.storage.models import Action
from bot.storage.tenancy import tenant
from jobs.chores import do_chore
from jobs.instance import BotInstanceManager
from tests.support.environment import FixedClock
from tests.support.lively_instagram import LivelyInstagram, followers_of
from tests.support.lively_people import Manner
from tests.support.people import make_somebody
from tests.support.simulated_bots import USUAL, SimulatedBot, draw_habits, instance_of
from tests.support.simulated_instagram import AppVersion, Call, name_of
from tests.support.simulated_month import BEGINS, LEFT_ALONE_BY_ALL
from tests.support.simulated_rules import Habits, Referee

BUDGET, WEEK = 60, timedelta(days=7)
MANNERS = {
    "newest first": Manner(),
    "an order of its own": Manner("own"),
    "newest last": Manner("last"),
    "another order each time": Manner("drawn"),
    "newest first, until it stops": Manner(turns_at=BEGINS + timedelta(days=24)),
    "cut, with a word": Manner(shown=48),
    "an order of its own, cut without a word": Manner("own", shown=300, told=False),
    "newest first, cut without a word": Manner(shown=100, told=False),
    "counts of hours ago": Manner("own", counts_lag=timedelta(hours=7)),
    "an order of its own, two of a hundred cut": Manner("own", cut=0.02, told=False),
    "newest last, two of a hundred cut": Manner("last", cut=0.02, told=False),
}
SIZES = (30, 250, 900, 3000)
TAGS = ("coffee", "espresso", "latte")
MOVES, SWITCHES = 3, 6
"""The last digits of the bots whose people move to another time zone, and link another account, later the first one
again."""
ACCOUNTS = ("p501", "p777")
RATES = {"#coffee": 0.3, "#espresso": 0.3, "#latte": 0.12, "@p501": 0.3, "@p777": 0.2, "a list": 0.4}
"""The chance that somebody follows back or answers, by where the bot has them from."""


@dataclass(frozen=True)
class Acted:
    """One call that changed something: its action, source and account, and what came of it."""

    call: Call
    action_id: str
    source: str
    account_id: str
    followed_before: bool = False


@dataclass
class LivelyBot(SimulatedBot):
    """A bot whose calls are kept with their actions. `accounts` are those it had, the current one last. It may write.

    `broken` are breaches of the promises of readings, `reads` their number by account and local day.
    """

    accounts: list[LivelyInstagram] = field(default_factory=list)
    linked: dict[str, datetime] = field(default_factory=dict)
    acted: list[Acted] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)
    writes: bool = True
    broken: list[str] = field(default_factory=list)
    reads: Counter[tuple[str, Any]] = field(default_factory=Counter)
    moves: tuple[datetime, str] | None = None
    switches: list[tuple[datetime, Callable[[], LivelyInstagram]]] = field(default_factory=list)
    _action: str = ""

    @property
    def lively(self) -> LivelyInstagram:
        return self.accounts[-1]

    def source(self) -> str:
        """Return where the people of the current action are from."""
        if self._action not in self.origins:
            self.origins[self._action] = self.placed(self._action)
        return self.origins[self._action]

    def rate(self) -> float:
        return RATES.get(self.source(), 0.2)

    def watch(self, call: Call) -> None:
        self.referee.watch(call)
        if call.kind != "look":
            # An answer came before this call: the person had been looked at by then.
            before = self.lively.followers.follows(call.person.removeprefix("p"), call.at)
            self.acted.append(Acted(call, self._action, self.source(), self.lively.account_id, before))

    def link(self) -> None:
        account = self.lively
        with tenant(self.user_id) as session:
            named = {"instagram_id": account.account_id, "username": f"{self.name}.{account.account_id}"}
            store_session(session, session_data="{}", password="instagram secret", **named)
            session.commit()
        # Signing in again to the account that is linked begins no first week.
        self.linked.setdefault(account.account_id, now())
        account.signed_in = self.referee.signed_in = True
        self.start()

    def link_another(self, account: LivelyInstagram) -> None:
        self.accounts.append(account)
        self.instagram = account
        self.instance.client = account
        self.referee.linked_at = self.linked[account.account_id] = now()
        self.link()

    def visit(self) -> None:
        if self.moves and now() >= self.moves[0]:
            self.referee.habits = replace(self.referee.habits, timezone=self.moves[1])
            self.moves = None
            self.choose_settings()
        if self.switches and now() >= self.switches[0][0]:
            self.link_another(self.switches.pop(0)[1]())
        super().visit()

    def place(self) -> None:
        """Keep follows and messages going, and sometimes something else."""
        places = (_follow_hashtag, _follow_followers, _send_messages, _unfollow, _like_hashtag)
        for place in self.chance.choices(places, weights=(5, 3, 4 * self.writes, 1, 1), k=2):
            try:
                place(self)
            except BotException as error:
                self.refused[error.name] += 1

    def followed(self) -> list[str]:
        names = (one.call.person for one in self.acted if one.call.kind == "follow" and one.call.arrived)
        return list(dict.fromkeys(names))

    def placed(self, action_id: str) -> str:
        """Return the source of an action that follows an earlier one or was just placed."""
        with tenant(self.user_id, reading=True) as session:
            kind, params = session.execute(select(Action.kind, Action.params).where(Action.id == action_id)).one()
        if kind == "unfollow":
            return "people it follows"
        if "hashtag" in params:
            return f"#{params['hashtag']}"
        return f"@{params['account']}" if "account" in params else "a list"

    def _perform(self, work: Work) -> datetime | None:
        self._action = work.action_id
        return super()._perform(work)

    def _chore(self, name: str) -> datetime | None:
        return self._measure() if name == "measure" else super()._chore(name)

    def _measure(self) -> datetime | None:
        """Make a reading, and judge that it comes last, in time, within its budget, and touches nothing else."""
        moment, account = now(), self.lively
        self._judge("first week", moment >= self.linked[account.account_id] + WEEK)
        self._judge("hours", self.referee.works_at(moment))
        before, made, refused = self._state(moment), len(account.reads), self.referee.refusals.total()
        # The reading of strangers' requests is last in line, too.
        others = replace(before, chores=tuple(chore for chore in before.chores if not chore.last))
        self._judge("last in line", isinstance(decide(others, moment), Wait | Halt))
        with account.reading():
            next_at = do_chore("measure", self.instance, BotInstanceManager())
        if self.referee.refusals.total() == refused:
            self._judge("touches nothing", _touchable(self._state(moment)) == _touchable(before))
        day = local_date(moment, self.referee.habits.timezone)
        self.reads[account.account_id, day] += len(account.reads) - made
        self._judge("budget", self.reads[account.account_id, day] <= BUDGET)
        return next_at

    def _judge(self, rule: str, kept: bool) -> None:
        self.referee.judged[f"readings: {rule}"] += 1
        if not kept:
            self.broken.append(f"{self.name} at {now()}: {rule}")

    def _state(self, moment: datetime) -> BotState:
        with tenant(self.user_id, reading=True) as session:
            return load(session, moment).state


def _touchable(state: BotState) -> object:
    """Return all that a reading may not change: limits, paces, rests, the next step."""
    return state.limits, state.paces, state.rests, state.next_step_at, state.running, state.trouble


def settle(days: int, manners: dict[str, Manner] = MANNERS, size: int | None = None) -> Any:
    """Return a function that makes one person after the other, each with an account in the next manner."""
    names = list(manners)

    def settled(
        clock: FixedClock, chance: Random, name: str, admin: SessionInfo, trouble: float, app: AppVersion
    ) -> LivelyBot:
        clock.moment = BEGINS
        place = int(name.removeprefix("person"))
        manner = manners[names[place % len(names)]]
        linked_at = BEGINS - timedelta(days=chance.choice((0, 3, 40)), hours=chance.uniform(0, 24))
        habits = _habits(chance, moves=place % 10 == MOVES)
        user_id = make_somebody(name).id
        referee = Referee(habits, linked_at, left_alone=set(LEFT_ALONE_BY_ALL), app=app)
        bot = LivelyBot(user_id, name, chance, referee, None, None)

        def account(count: int) -> LivelyInstagram:
            people = Random(f"{name}:{count}:{days}")  # noqa: S311
            followers = size or chance.choice(SIZES)
            return LivelyInstagram(
                now=lambda: clock.moment,
                chance=chance,
                watch=bot.watch,
                trouble=trouble * chance.choice((0, 0.5, 1)),
                outage=(BEGINS + timedelta(days=days / 3), BEGINS + timedelta(days=days / 3, hours=20)),
                app=app,
                account_id=f"{place}{count}",
                manner=manner,
                followers=followers_of(people, BEGINS, followers, days),
                people=people,
                rate=bot.rate,
            )

        bot.accounts.append(account(0))
        bot.instagram, bot.instance = bot.lively, instance_of(user_id, bot.lively)
        clock.moment = linked_at
        # The inbox of those who write is read every few minutes, which costs as much as all else.
        bot.writes = place % 3 == 0
        half = BEGINS + timedelta(days=days / 2)
        if place % 10 == MOVES:
            bot.moves = half, "America/New_York"
        if place % 10 == SWITCHES:
            back = half + timedelta(days=days / 5)
            bot.switches = [(half, lambda: account(1)), (back, lambda: bot.accounts[0])]
        bot.settle_in()
        return bot

    return settled


def _habits(chance: Random, *, moves: bool) -> Habits:
    per_day = {"follow": chance.randint(6, 14), "message": 4}
    habits = replace(draw_habits(chance), warm_up=False, per_day=per_day, per_hour={}, least_delay={}, ceiling={})
    # Within these hours a call is on the same day in both zones.
    return replace(habits, timezone="Europe/Berlin", week=(USUAL,) * 7, pause=None) if moves else habits


def _filters(bot: LivelyBot) -> Filters:
    before, mine = bot.chance.random() < 0.7, bot.chance.random() < 0.5
    return Filters(skip_followed_before=before, skip_my_followers=mine, skip_private=False)


def _follow_hashtag(bot: LivelyBot) -> None:
    form = placing.FollowHashtag(hashtag=bot.chance.choice(TAGS), amount=bot.amount(), filters=_filters(bot))
    placing.follow_hashtag(bot.user_id, form)


def _follow_followers(bot: LivelyBot) -> None:
    form = placing.FollowFollowers(account=bot.chance.choice(ACCOUNTS), amount=bot.amount(), filters=_filters(bot))
    placing.follow_followers(bot.user_id, form)


def _like_hashtag(bot: LivelyBot) -> None:
    placing.like_hashtag(bot.user_id, placing.LikeHashtag(hashtag=bot.chance.choice(TAGS), amount=5))


def _unfollow(bot: LivelyBot) -> None:
    days, one_sided = bot.chance.choice((2, 7, 14, 21)), bot.chance.random() < 0.7
    form = placing.Unfollow(amount=10, older_than_days=days, only_not_following_back=one_sided)
    placing.unfollow(bot.user_id, form)


def _send_messages(bot: LivelyBot) -> None:
    people = {name_of(str(10 + bot.chance.randrange(4000))) for _ in range(8)} | set(bot.followed()[-4:])
    form = SendMessages(usernames=sorted(people), message="Hello {first_name|there}, {a|b|c}")
    sending.send_messages(bot.user_id, form, sending.recipients_of(form))
