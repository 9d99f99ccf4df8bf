"""Today's limits in words: the rule of each, pauses, and the time at which they reset."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from markupsafe import Markup

from bot.automation.status import BotReport
from bot.forecast.run_ahead import HORIZON
from bot.forecast.slower import Slower
from web import labels, local_time

_RULES = {
    "ceiling": "Your admin’s maximum applies to {}.",
    "ramp": "Warm-up limits apply to {}.",
    "cool_down": "Halved for a week after a push-back: {}.",
    "restored": "Steps before today’s restore are unknown: {}.",
}
"""A sentence for each rule that the user did not choose."""
_PAUSED = Markup("{} are paused by Instagram until {}.")
_PAUSES = {"KIND_FAILING": Markup("{} are paused until {}, because too many failed in a row.")}
"""A sentence for each error that began a rest without a word of Instagram."""


def notes(report: BotReport) -> Iterator[Markup | str]:
    """Yield a sentence for each pause, each full hour, and each rule that is not the user's own, then the reset."""
    for kind, until in report.rests.items():
        by = _PAUSES.get(report.rest_causes.get(kind, ""), _PAUSED)
        yield by.format(_name(kind), local_time.moment(until))
    for limit in report.limits:
        if limit.per_hour is not None and limit.used_hour >= limit.per_hour and limit.used < limit.effective:
            words = Markup("{}: {} of {} in the last hour.")
            yield words.format(_name(limit.kind), limit.used_hour, limit.per_hour)
    bound = defaultdict(list)
    for limit in report.limits:
        bound[limit.binding].append(limit.kind)
    for rule, sentence in _RULES.items():
        if kinds := bound.get(rule):
            every = len(kinds) == len(report.limits)
            yield sentence.format("all steps" if every else _listed([_name(kind).lower() for kind in kinds]))
    if report.limits:
        yield Markup("Resets {}.").format(_at(report))


def none_of(kinds: Iterable[str], report: BotReport) -> list[str]:
    """Return a sentence for each of these kinds of steps that no day allows."""
    wanted = set(kinds)
    return [
        f"Your admin allows no {labels.KINDS[limit.kind][1]}, so those steps never come."
        if limit.binding == "ceiling"
        else f"Your limit is 0 {labels.KINDS[limit.kind][1]} a day, so those steps never come."
        for limit in report.limits
        if limit.kind in wanted and not limit.effective
    ]


def slower(step: Slower) -> str:
    """Return that a later step is slower than the first one, in words."""
    first, later = labels.KINDS[step.first_kind], labels.KINDS[step.kind]
    when = f"on day {step.day}" if step.day else f"after more than {HORIZON.days} days"
    one = step.first_per_day == 1
    begins = f"{step.first_per_day} {first[0] if one else first[1]} a day, but {step.per_day}"
    return f"{begins} {later[0] if step.per_day == 1 else later[1]}: the last {later[0]} would go {when}."


def _at(report: BotReport) -> Markup:
    at = report.limits[0].day_ends
    if local_time.clock(at) == "0:00":
        return Markup("at midnight")
    words = local_time.moment(at)
    return Markup("at {}").format(words) if at.astimezone(local_time.zone()).date() == local_time.today() else words


def _name(kind: str) -> str:
    return labels.KINDS[kind][1].capitalize()


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
