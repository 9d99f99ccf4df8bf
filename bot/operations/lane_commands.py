"""`flask lanes`: lanes and workers on the command line, and the rescue of lanes on demand."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import click

from bot.automation.wakeups import rescue_all
from bot.core.errors import BotException
from bot.lanes.inspection import Lane, lane, reached
from bot.lanes.overview import Overview, overview
from bot.users.directory import user_id_of, usernames

MAX_LINES = 10


class ErrorsAsText(click.Group):
    """A command group that prints a failure of the product as a line, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BotException as error:
            raise click.ClickException(f"{error.code}: {error.message} {error.remedy}") from None


@click.group("lanes", cls=ErrorsAsText)
def lanes_command() -> None:
    """Show lanes and workers: waiting and running lanes, and problems."""


@lanes_command.command("show")
def show() -> None:
    """Print all lanes at this moment. The status is 1 if something is wrong."""
    seen = overview()
    click.echo("\n".join(_report(seen)))
    if seen.concerns:
        raise SystemExit(1)


@lanes_command.command("user")
@click.argument("username")
def user(username: str) -> None:
    """Print the lane of the user USERNAME."""
    click.echo(_of_one(lane(user_id_of(username))))


@lanes_command.command("sweep")
def rescue_command() -> None:
    """Plan again, from the database, the lanes that Redis lost. The clock does it every minute."""
    with reached() as redis:
        rescued = rescue_all(redis)
    click.echo(f"lanes planned again: {rescued.indexed}; bots rung: {rescued.notified}")


def _report(seen: Overview) -> Iterator[str]:
    recent, redis = seen.recent, seen.redis
    yield f"lanes    {seen.leased} running, {seen.due} due, {seen.planned} planned"
    yield f"next due {_after(seen.at, seen.next_at)}"
    half, most = (_length(recent.lag_percentile(share)) for share in (0.5, 0.99))
    yield f"lag      half within {half}, 99 % within {most} (5 minutes)"
    yield f"jobs     {seen.per_minute:g} a minute; {recent.lapsed} leases lost in 5 minutes"
    yield f"workers  {len(seen.workers)}, threads: {seen.threads or '?'}, silent: {seen.silent}"
    yield f"clock    swept {_before(seen.at, seen.swept_at)}"
    limit = f" of {redis.limit / 1e6:.0f}" if redis.limit else ""
    yield f"redis    {redis.version}, {redis.used / 1e6:.1f} MB{limit}"
    if seen.opens_at:
        yield f"Redis was restarted; workers may claim lanes {_after(seen.at, seen.opens_at)}"
    for entry in seen.concerns:
        yield f"\n{entry.code} {entry.name}: {entry.description}\n  {entry.remedy}"
    names = usernames([*(one.user_id for one in seen.waiting), *(one.user_id for one in seen.running)])
    waiting = [(names.get(one.user_id, one.user_id), f"due {_before(seen.at, one.due_at)}") for one in seen.waiting]
    yield from _table("Waiting longest", waiting)
    running = [
        (names.get(one.user_id, one.user_id), f"{one.job}, began {_before(seen.at, one.since)}, {one.worker}")
        for one in seen.running
    ]
    yield from _table("Running longest", running)


def _table(title: str, rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    if rows:
        yield f"\n{title}"
        yield from (f"  {name:<24} {words}" for name, words in rows[:MAX_LINES])


def _of_one(seen: Lane) -> str:
    lines = [f"user    {seen.user_id}", f"state   {seen.state}"]
    if seen.due_at:
        due = _before(seen.at, seen.due_at) if seen.state == "due" else _after(seen.at, seen.due_at)
        lines.append(f"due     {due}")
    if seen.run:
        lines.append(f"job     {seen.run.job}, began {_before(seen.at, seen.run.since)}")
        lines.append(f"holder  {seen.run.worker}, lease ends {_after(seen.at, seen.run.lease_ends_at)}")
    lines.append(f"jobs    {seen.jobs_waiting} waiting, {seen.jobs_planned} planned")
    return "\n".join(lines)


def _before(now: datetime, at: datetime | None) -> str:
    return "never" if at is None else f"{_length((now - at).total_seconds())} ago"


def _after(now: datetime, at: datetime | None) -> str:
    return "never" if at is None else f"in {_length((at - now).total_seconds())}"


def _length(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.3g} s" if seconds < 100 else f"{seconds:.0f} s"
