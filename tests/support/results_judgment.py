"""All that results tell of a simulated bot, compared with what happened."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.config.runtime import now
from bot.results import measures
from bot.results.followers import follower_counts
from bot.results.measures import OF_KIND
from bot.results.periods import Grouping, Period
from bot.results.steps import RESULTS, results
from bot.storage.models import AccountDay, ActionTarget, BotSettings, Person, Relation
from bot.storage.models.values import StepKind
from bot.storage.tenancy import tenant
from tests.support.lively_bots import RATES, LivelyBot
from tests.support.lively_people import Character
from tests.support.results_truth import EXACT, JUDGES, WRONG, First
from tests.support.simulated_instagram import id_of

GROUPINGS: tuple[Grouping, ...] = ("day", "source", "kind", "action", "hour")
WINDOWS = {"follow_back_7": 7, "follow_back_14": 14}


@dataclass
class Judgment:
    """All comparisons: of outcomes by measure and outcome, of cells by grouping, and what is wrong in words."""

    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    intervals: Counter[tuple[str, bool]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Judgment") -> None:
        self.outcomes += other.outcomes
        self.cells += other.cells
        self.intervals += other.intervals
        self.wrong += other.wrong

    def cell(self, what: str, kept: bool, about: object) -> None:
        self.cells[what, EXACT if kept else WRONG] += 1
        if not kept:
            self.wrong.append(f"{what}: {about}")


def judge(bot: LivelyBot, period: Period, groupings: Sequence[Grouping] = GROUPINGS) -> Judgment:
    """Compare all that results tell of the bot, of these days and groupings, with what happened."""
    found = Judgment()
    with tenant(bot.user_id, reading=True) as session:
        rows = {row.id: row for row in session.scalars(select(ActionTarget))}
        timezone = session.scalars(select(BotSettings.timezone)).one()
        told = dict(_outcomes(session))
        query = select(Relation, Person.instagram_id).join(Person, Person.id == Relation.person_id)
        relations = {(one.account_id, known): one for one, known in session.execute(query)}
    zone = ZoneInfo(timezone)
    _judge_people(found, bot, rows, told, relations)
    counted, measured = _counted(rows.values(), zone), _measured(rows, told, zone)
    by_hour = results(bot.user_id, period, by="hour") if "hour" in groupings else None
    whole = results(bot.user_id, period)
    for by in groupings:
        shown = by_hour if by == "hour" else whole
        assert shown
        key = _key_of(by, bot)
        _compare_counts(found, bot, by, shown, counted, key, period)
        _compare_measures(found, bot, by, shown, measured, key, period)
    _compare_acts(found, bot, whole, rows.values(), zone, period)
    _compare_followers(found, bot, period, zone)
    if "source" in groupings:
        _cover(found, whole)
    return found


def _outcomes(session: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the outcomes of each step that is in a cohort, as the product tells them."""
    known = measures.known_now(session)
    for kind, names in OF_KIND.items():
        query = measures.done(kind, ActionTarget.id).group_by(ActionTarget.id, *names)
        for row in session.run(query, known):
            yield row[0], tuple(row[1:-1])


def _judge_people(
    found: Judgment,
    bot: LivelyBot,
    rows: dict[str, ActionTarget],
    told: dict[str, tuple[str, ...]],
    relations: dict[tuple[str, str], Relation],
) -> None:
    accounts = {account.account_id: account for account in bot.accounts}
    acts = {(one.call.kind, one.call.person, one.call.at): one for one in bot.acted if one.call.arrived}
    firsts, checked = _first_done(rows.values()), _first_checks(relations)
    found.cell("cohorts hold each person once", set(told) == firsts, f"{bot.name}: {set(told) ^ firsts}")
    unfollows: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for one in bot.acted:
        if one.call.kind == "unfollow" and one.call.arrived:
            unfollows[one.account_id, one.call.person].append(one.call.at)
    for row_id, outcomes in told.items():
        row = rows[row_id]
        acted = acts.get((row.step_kind, row.person, row.claimed_at))
        if acted is None:
            found.wrong.append(f"{bot.name}: {row.step_kind} of {row.person} is done and never arrived")
            continue
        later = [at for at in unfollows[acted.account_id, row.person] if at > acted.call.at]
        relation = relations.get((acted.account_id, id_of(row.person)))
        first = First(
            acted,
            accounts[acted.account_id],
            row,
            relation,
            now(),
            min(later, default=None),
            checked.get(acted.account_id),
        )
        for name, outcome in zip(OF_KIND[StepKind(row.step_kind)], outcomes, strict=True):
            how = JUDGES[name](first, outcome)
            found.outcomes[name, outcome, how] += 1
            if how == WRONG:
                found.wrong.append(_describe(bot, first, name, outcome))


def _first_checks(relations: dict[tuple[str, str], Relation]) -> dict[str, datetime]:
    """Return when each account first found a follower by a question although lists had to show them."""
    found: dict[str, datetime] = {}
    for (account_id, _), one in relations.items():
        if one.back_by == "check" and one.asked_at:
            found[account_id] = min(one.asked_at, found.get(account_id, one.asked_at))
    return found


def _describe(bot: LivelyBot, one: First, name: str, outcome: str) -> str:
    spans = [(str(span.since)[:19], str(span.until)[:19]) for span in one.spans()]
    known = {
        name: str(value)[:19]
        for name, value in vars(one.relation).items()
        if value is not None and name.endswith(("_at", "_until", "_by", "before"))
    } if one.relation else None  # fmt: skip
    replies = [(str(reply.at)[:19], reply.text, reply.in_group) for reply in one.account.replies.get(one.person, ())]
    return (
        f"{bot.name} ({one.account.manner}) {name} of {one.person} at {one.at:%d %b %H:%M} told {outcome} at"
        f" {one.moment:%d %b %H:%M}: follows {spans}, replies {replies}, unfollowed {one.unfollowed_at},"
        f" told following {one.told_following}, accepted {one.told_accepted}; kept {known}"
    )


def _first_done(rows: Any) -> set[str]:
    firsts: dict[tuple[str, str | None, str | None], ActionTarget] = {}
    for row in rows:
        if row.status == "done" and row.step_kind in OF_KIND:
            key = (row.step_kind, row.account_id, row.person_id)
            if key not in firsts or row.claimed_at < firsts[key].claimed_at:
                firsts[key] = row
    return {row.id for row in firsts.values()}


Cell = tuple[datetime, str, str]
"""The local time at which a step counts, its action and its kind."""


def _counted(rows: Any, zone: ZoneInfo) -> list[tuple[Cell, str]]:
    """Return each step with its result, counted one by one from the stored targets."""
    counted = []
    for row in rows:
        at = row.finished_at if row.status == "skipped" else row.claimed_at
        if row.status in RESULTS and at:
            counted.append(((at.astimezone(zone), row.action_id, str(row.step_kind)), str(row.status)))
    return counted


def _measured(
    rows: dict[str, ActionTarget], told: dict[str, tuple[str, ...]], zone: ZoneInfo
) -> list[tuple[Cell, dict[str, str]]]:
    measured: list[tuple[Cell, dict[str, str]]] = []
    for row_id, outcomes in told.items():
        row = rows[row_id]
        assert row.claimed_at
        names = OF_KIND[StepKind(row.step_kind)]
        cell = (row.claimed_at.astimezone(zone), row.action_id, str(row.step_kind))
        measured.append((cell, {str(name): out for name, out in zip(names, outcomes, strict=True)}))
    return measured


def _key_of(by: Grouping, bot: LivelyBot) -> Callable[[Cell], object]:
    def source(cell: Cell) -> str:
        return bot.origins.get(cell[1]) or bot.origins.setdefault(cell[1], bot.placed(cell[1]))

    keys: dict[Grouping, Callable[[Cell], object]] = {
        "day": lambda cell: cell[0].date(),
        "hour": lambda cell: cell[0].hour,
        "action": lambda cell: cell[1],
        "source": source,
        "kind": lambda cell: None,
    }
    return keys[by]


def _shown_key(by: Grouping, row: Any) -> object:
    if by == "source":
        return {"list": "a list", "followed": "people it follows"}.get(row.key.source.kind, row.key.source.name)
    return {"day": row.key.day, "hour": row.key.hour, "action": row.key.action_id, "kind": None}[by]


def _compare_counts(
    found: Judgment, bot: LivelyBot, by: str, shown: Any, counted: Any, key: Any, period: Period
) -> None:
    right: Counter[tuple[object, str, str]] = Counter()
    for cell, result in counted:
        if period.since <= cell[0].date() <= period.until:
            right[key(cell), cell[2], result] += 1
    told = Counter(
        {
            (_shown_key(by, row), str(row.kind), result): number
            for row in shown.rows(by)
            for result, number in row.counts.items()
        }
    )
    for name in right.keys() | told.keys():
        about = f"{bot.name} {name}: {told[name]} instead of {right[name]}"
        found.cell(f"steps by {by}", right[name] == told[name], about)


def _compare_measures(
    found: Judgment, bot: LivelyBot, by: str, shown: Any, measured: Any, key: Any, period: Period
) -> None:
    right: dict[tuple[object, str, str], Counter[str]] = defaultdict(Counter)
    for cell, outcomes in measured:
        if period.since <= cell[0].date() <= period.until:
            for name, outcome in outcomes.items():
                right[key(cell), cell[2], name][outcome] += 1
    told = {
        (_shown_key(by, row), str(row.kind), name): measure
        for row in shown.rows(by)
        for name, measure in row.measures.items()
    }
    found.cell(f"outcomes by {by}", right.keys() == told.keys(), f"{bot.name}: {right.keys() ^ told.keys()}")
    for place in right.keys() & told.keys():
        one, counts = told[place], right[place]
        numbers = (one.yes, one.no, one.unsure, one.open, one.so_far)
        expected = (
            counts["yes"], counts["no"], counts["unsure"], counts["open"] + counts["so_far"], counts["so_far"]
        )  # fmt: skip
        found.cell(f"outcomes by {by}", numbers == expected, f"{bot.name} {place}: {numbers} instead of {expected}")


def _compare_acts(found: Judgment, bot: LivelyBot, shown: Any, rows: Any, zone: ZoneInfo, period: Period) -> None:
    """Compare the steps that are told as done with what took effect at Instagram. Those in doubt are known by name."""
    doubt = {
        (row.step_kind, row.claimed_at)
        for row in rows
        if row.claimed_at and (row.look_up_at or row.status in ("unknown", "working"))
    }
    took_effect: Counter[tuple[object, str]] = Counter()
    in_doubt: Counter[tuple[object, str]] = Counter()
    for one in bot.acted:
        day = one.call.at.astimezone(zone).date()
        if period.since <= day <= period.until:
            if (one.call.kind, one.call.at) in doubt:
                in_doubt[day, one.call.kind] += 1
            elif one.call.arrived:
                took_effect[day, one.call.kind] += 1
    told = {(day, str(kind)): counts["done"] for (day, kind), counts in shown.by_day.items()}
    for name in took_effect.keys() | told.keys():
        least = took_effect[name]
        right = least <= told.get(name, 0) <= least + in_doubt[name]
        found.cell("done is what took effect", right, f"{bot.name} {name}: {told.get(name, 0)} instead of {least}")


def _compare_followers(found: Judgment, bot: LivelyBot, period: Period, zone: ZoneInfo) -> None:
    """Compare the counts of days with the number of followers at the time of the reading."""
    account = bot.lively
    with tenant(bot.user_id, reading=True) as session:
        days = list(session.scalars(select(AccountDay).where(AccountDay.account_id == account.account_id)))
    read = {day.day: day for day in days if day.read_at}
    for count in follower_counts(bot.user_id, period):
        day = read.get(count.day)
        if day is None or day.read_at is None:
            found.cell("followers of a day", count.followers is None, f"{bot.name} {count}: was not read")
            continue
        right = len(account.followers.at(day.read_at - account.manner.counts_lag))
        found.cell("followers of a day", count.followers == right, f"{bot.name} {count}: {right}")
    for day in days:
        made = bot.reads[account.account_id, day.day]
        found.cell("reads of a day", day.reads == made, f"{bot.name} {day.day}: {day.reads} instead of {made}")


def _cover(found: Judgment, shown: Any) -> None:
    """Count the intervals of sources that hold the true chance of their people."""
    for row in shown.rows("source"):
        rate = RATES.get(str(_shown_key("source", row)))
        for name, days in WINDOWS.items():
            interval = row.measures[name].rate.interval if rate and name in row.measures else None
            if interval and rate:
                right = interval[0] <= rate * Character.within(days) <= interval[1]
                found.intervals[name, right] += 1
