"""The promises of a bot, judged by what Instagram saw.

They come from the specification, not from the product's rules.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.support.simulated_instagram import NOT_DONE, OUTDATED, SESSION_ENDERS, AppVersion, Call

Span = tuple[int, int]
LOOK = "look"


@dataclass(frozen=True)
class Figures:
    """Figures of one kind: steps a day in week 1 and after the warm-up, the ceiling, seconds between two."""

    first_week: int
    per_day: int
    ceiling: int
    least_delay: float


FIGURES = {
    "follow": Figures(10, 50, 100, 45),
    "unfollow": Figures(10, 50, 100, 45),
    "like": Figures(20, 80, 150, 30),
    "story": Figures(30, 100, 200, 20),
    "message": Figures(4, 15, 20, 120),
}
FIRST_REST, SECOND_REST, WEEK = timedelta(hours=24), timedelta(hours=72), timedelta(days=7)
WAIT = timedelta(hours=1)
ADDRESS, ADDRESS_REST = "INSTAGRAM_ADDRESS_BLOCKED", timedelta(hours=6)
MESSAGES_REFUSED = 3
ASKED_TO_WAIT = ("INSTAGRAM_PLEASE_WAIT", "INSTAGRAM_THROTTLED")
# Every rule, in the words of a table.
RULES = {
    "session": "no call after Instagram has ended the session",
    "stopped": "no call while the bot is stopped",
    "asked to wait": "no call for an hour after Instagram asked to wait",
    "held": "no call of any bot while Instagram refuses the version of the client",
    "hours": "no step outside the working hours",
    "pause": "no step in the nightly pause",
    "cool-down": "no step of a kind that rests after a block",
    "left alone": "no step to somebody on a do-not-contact list",
    "delay": "no step sooner after the last of its kind than the delay",
    "default": "no more a day than the default limit",
    "own": "no more a day than the user's own limit",
    "ceiling": "no more a day than the ceiling",
    "ramp": "no more a day than the warm-up allows",
    "caution": "no more a day than half in the week after a cool-down",
    "hour": "no more an hour than the user's own limit",
    "once": "no second message to somebody who has not answered",
    "recorded": "what took effect at Instagram is recorded so, and nothing else is",
    "recorded rest": "no step in any cool-down that is recorded",
    "sum": "the targets of an action are as many as were asked for",
    "end": "every action has ended, or says why it goes on later",
}


@dataclass(frozen=True)
class Habits:
    """A person's settings. `week` has the minutes of each weekday, Monday first, None for a day off.

    `per_day`, `per_hour` and `least_delay` are their own, `ceiling` the administrator's for this user, each by kind.
    """

    timezone: str
    week: tuple[Span | None, ...]
    pause: Span | None = None
    warm_up: bool = False
    per_day: dict[str, int] = field(default_factory=dict)
    per_hour: dict[str, int] = field(default_factory=dict)
    least_delay: dict[str, float] = field(default_factory=dict)
    ceiling: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Breach:
    """A broken rule, and how it was broken."""

    rule: str
    what: str


@dataclass
class Referee:
    """A judge of every call of one bot, in order.

    `refused` counts the acts of a kind in a row that were acknowledged and not done, or the messages that were refused.
    `on_word` counts what is told as done on Instagram's word alone, and was not.

    `judged` counts how often each rule was asked. `tight` counts how often its limit was reached or its wait had just
    ended, which reveals a rule that never mattered.
    """

    habits: Habits
    linked_at: datetime
    breaches: list[Breach] = field(default_factory=list)
    judged: Counter[str] = field(default_factory=Counter)
    tight: Counter[str] = field(default_factory=Counter)
    calls: list[Call] = field(default_factory=list)
    arrived: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    tried: dict[str, datetime] = field(default_factory=dict)
    days: Counter[tuple[str, date]] = field(default_factory=Counter)
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)
    blocks: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    named_ends: dict[tuple[str, datetime], datetime] = field(default_factory=dict)
    rests_until: dict[str, datetime] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    address_refused: list[datetime] = field(default_factory=list)
    app: AppVersion | None = None
    on_word: int = 0
    waits_until: datetime | None = None
    signed_in: bool = True
    running: bool = True
    left_alone: set[str] = field(default_factory=set)
    written_to: set[str] = field(default_factory=set)

    def watch(self, call: Call) -> None:
        """Judge one call, and remember its consequences."""
        self.calls.append(call)
        self.check("session", self.signed_in, call, "the session had ended")
        self.check("stopped", self.running, call, "the bot was stopped")
        if self.waits_until:
            self.check("asked to wait", call.at >= self.waits_until, call, f"to wait until {self.waits_until}")
        if self.app:
            self.check("held", not self.app.held, call, "the version is refused")
        if call.kind != LOOK:
            self._judge(call)
            self._count_refused(call)
        if call.quiet:
            self.refusals[call.kind, "quietly not done"] += 1
        if call.error:
            self._remember(call, call.error)

    def answered(self, person: str) -> None:
        """Note that the bot has read an answer of theirs. It may write to them again when it is told to."""
        self.written_to.discard(person)

    def check(self, rule: str, kept: bool, about: object, what: str) -> None:
        """Count one judgment. A rule that is not kept is a breach."""
        self.judged[rule] += 1
        if not kept:
            where = f"{about.at:%a %d %b %H:%M:%S} {about.kind} {about.person}" if isinstance(about, Call) else about
            self.breaches.append(Breach(rule, f"{where}: {what} ({self.habits.timezone})"))

    def _judge(self, call: Call) -> None:
        kind, habits = call.kind, self.habits
        local = call.at.astimezone(ZoneInfo(habits.timezone))
        self.check("hours", self._in_hours(local), call, f"{local:%a %H:%M} is outside the hours")
        if habits.pause:
            minute = local.hour * 60 + local.minute
            self.check("pause", not _within(habits.pause, minute), call, f"{local:%H:%M} is in the pause")
        if self.blocks[kind] or kind in self.rests_until:
            self.check("cool-down", not self._rests(kind, call.at), call, "it rests")
        self.check("left alone", call.person not in self.left_alone, call, "is to be left alone")
        least = timedelta(seconds=habits.least_delay.get(kind, FIGURES[kind].least_delay))
        since = call.at - self.tried[kind] if kind in self.tried else least
        self.check("delay", since >= least, call, f"only {since} after the one before")
        self.tight["delay"] += since < 2 * least
        self.tried[kind] = call.at
        if call.arrived:
            self._count(call, local.date())

    def _count(self, call: Call, day: date) -> None:
        kind = call.kind
        self.arrived[kind].append(call.at)
        self.days[kind, day] += 1
        used = self.days[kind, day]
        for rule, most in self.limits(kind, call.at).items():
            self.check(rule, used <= most, call, f"number {used} of a day with {most}")
            self.tight[rule] += used == most
        if most_hour := self.habits.per_hour.get(kind):
            in_hour = sum(at > call.at - timedelta(hours=1) for at in self.arrived[kind][-200:])
            self.check("hour", in_hour <= most_hour, call, f"number {in_hour} of an hour with {most_hour}")
            self.tight["hour"] += in_hour == most_hour
        if kind == "message":
            self.check("once", call.person not in self.written_to, call, "was written to before")
            self.written_to.add(call.person)

    def limits(self, kind: str, moment: datetime) -> dict[str, int]:
        """Return the most effects of a day at that moment, by rule."""
        figures, habits = FIGURES[kind], self.habits
        bounds = {"ceiling": min(figures.ceiling, habits.ceiling.get(kind, figures.ceiling))}
        bounds |= {"own": habits.per_day[kind]} if kind in habits.per_day else {"default": figures.per_day}
        age = (moment - self.linked_at).days
        if habits.warm_up and age < 21:
            grown = (figures.per_day - figures.first_week) * max(0, age - 7) / 14
            bounds["ramp"] = round(figures.first_week + grown)
        # The caution lasts for a week after the last rest.
        if any(moment < at + self._rest_after(kind, at) + WEEK for at in self.blocks[kind]):
            bounds["caution"] = -(-min(bounds.values()) // 2)
        return bounds

    def _rests(self, kind: str, moment: datetime) -> bool:
        told = kind in self.rests_until and moment < self.rests_until[kind]
        return told or any(moment < at + self._rest_after(kind, at) for at in self.blocks[kind])

    def _rest_after(self, kind: str, block: datetime) -> timedelta:
        rest = SECOND_REST if self._is_repeated(kind, block) else FIRST_REST
        return max(rest, self.named_ends.get((kind, block), block) - block)

    def _is_repeated(self, kind: str, block: datetime) -> bool:
        return any(block - WEEK <= at < block for at in self.blocks[kind])

    def works_at(self, moment: datetime) -> bool:
        """Return whether this is in the working hours, and not in the nightly pause."""
        local, pause = moment.astimezone(ZoneInfo(self.habits.timezone)), self.habits.pause
        return self._in_hours(local) and not (pause and _within(pause, local.hour * 60 + local.minute))

    def _in_hours(self, local: datetime) -> bool:
        """Return whether the bot works at this local time."""
        minute, today = local.hour * 60 + local.minute, local.weekday()
        span, yesterday = self.habits.week[today], self.habits.week[today - 1]
        begun = span is not None and minute >= span[0] and (minute < span[1] or span[1] <= span[0])
        return begun or (yesterday is not None and yesterday[1] <= yesterday[0] and minute < yesterday[1])

    def _remember(self, call: Call, error: str) -> None:
        self.refusals[call.kind, error] += 1
        if error == "INSTAGRAM_ACTION_BLOCKED" or (error == NOT_DONE and self.refused[call.kind] > 1):
            self._block(call)
        elif error == "INSTAGRAM_FOLLOWS_FULL" or self._refuses_messages(call, error):
            self.rests_until[call.kind] = call.at + FIRST_REST
        elif error == ADDRESS:
            self.waits_until = call.at + ADDRESS_REST
            self.running = not any(call.at - WEEK <= at for at in self.address_refused)
            self.address_refused.append(call.at)
        elif error == OUTDATED and self.app:
            self.app.held = True
        elif error in ASKED_TO_WAIT:
            self.waits_until = call.at + WAIT
        elif error in SESSION_ENDERS:
            self.signed_in = self.running = False

    def _block(self, call: Call) -> None:
        self.blocks[call.kind].append(call.at)
        if call.until:
            self.named_ends[call.kind, call.at] = call.until
        # After a second block within a week only a person may start the bot again.
        self.running = not self._is_repeated(call.kind, call.at)

    def _refuses_messages(self, call: Call, error: str) -> bool:
        return error == "INSTAGRAM_MESSAGE_REFUSED" and self.refused[call.kind] >= MESSAGES_REFUSED

    def _count_refused(self, call: Call) -> None:
        """Count refusals in a row. What happened ends the row, and what may have happened or failed is none of it."""
        if call.arrived:
            self.refused[call.kind] = 0
        elif call.error in (NOT_DONE, "INSTAGRAM_MESSAGE_REFUSED"):
            self.refused[call.kind] += 1


def _within(span: Span, minute: int) -> bool:
    start, end = span
    return start <= minute < end if start < end else minute >= start or minute < end
