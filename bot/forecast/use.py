"""The use of limits during a run: steps that were made before it, and those of the run."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bot.decision.decide import LimitState
from bot.decision.hours import local_date
from bot.decision.limit_rules import HOUR, Basis, Count, Rule, limit_state


class Use(Mapping[str, LimitState]):
    """The limits of all kinds at `moment`, each counted when it is asked for."""

    def __init__(self, basis: Basis, times: Mapping[str, Sequence[datetime]], moment: datetime) -> None:
        self._times = {kind: list(made) for kind, made in times.items()}
        self._rules: dict[tuple[str, datetime], Rule] = {}
        self.moment, self._basis = moment, basis.at(moment)
        self.day, self._day_ends = local_date(moment, basis.days.timezone), self._basis.today.ends

    def move_to(self, moment: datetime) -> None:
        """Let the counts be those of a later moment."""
        # After a change of the zone the day is the last 24 hours.
        if moment >= self._day_ends or self._basis.days.changed_at:
            self._basis = self._basis.at(moment)
            self.day, self._day_ends = local_date(moment, self._basis.days.timezone), self._basis.today.ends
        self.moment = moment

    def add(self, kind: str) -> None:
        """Count a step at this moment."""
        self._times.setdefault(kind, []).append(self.moment)

    def rule(self, kind: str) -> Rule:
        day = (kind, self._basis.today.midnight)
        if day not in self._rules:
            self._rules[day] = self._basis.rule(kind)
        return self._rules[day]

    def __getitem__(self, kind: str) -> LimitState:
        times, moment = self._times.get(kind, []), self.moment
        count = Count(
            len(times) - bisect_left(times, self._basis.today.since), len(times) - bisect_right(times, moment - HOUR)
        )
        return limit_state(
            self._basis, self.rule(kind), count, lambda since: times[bisect_left(times, since) :], moment
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._times)

    def __len__(self) -> int:
        return len(self._times)
