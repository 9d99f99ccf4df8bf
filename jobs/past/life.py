"""The days of one bot, lived by the product's own steps: the clock jumps to the next time that is needed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from jobs import tasks
from jobs.lanes import Lease, hold
from jobs.past.clocks import PastClock
from jobs.past.person import FOREVER, Person

# A lane that runs more often than this at one moment is in an endless loop.
MAX_SPINS = 40
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Trouble:
    """A fault of Instagram on a day, as a command to the sandbox. `body` leaves out the account."""

    day: int
    path: str
    body: dict[str, object]


# As shares of the past, so that a shorter one has them too.
def troubles_of(days: int) -> list[Trouble]:
    """Return what goes wrong: follows are blocked, the session ends, a person asks to wait."""
    return [
        Trouble(days * 35 // 100, "/faults", {"call": "follow", "fault": "feedback_required"}),
        Trouble(days * 65 // 100, "/sessions/end", {}),
        Trouble(days * 85 // 100, "/faults", {"call": "like", "fault": "please_wait"}),
    ]


@dataclass
class Life:
    """The life of one bot from the clock's moment on. `steps` counts how often its lane was due."""

    person: Person
    clock: PastClock
    days: int
    tell: Callable[[int], None]
    steps: int = 0
    _spins: int = 0
    _due: datetime | None = None
    _troubles: list[Trouble] = field(default_factory=list)

    def live(self, ends: datetime) -> None:
        """Live until then. Raises what the product's own code raises."""
        begins = self.clock.moment
        self._troubles = troubles_of(self.days)
        self.person.settle_in()
        self._due = visit = self.clock.moment
        day = 0
        while True:
            at = min(one for one in (self._due, visit) if one)
            if at >= ends:
                return
            if (at - begins) // A_DAY > day:
                day = (at - begins) // A_DAY
                self.tell(day)
            self.clock.go_to(max(at, self.clock.moment))
            self._cause_trouble(day)
            if at == visit:
                self.clock.tell_sandbox()
                self.person.visit()
                visit = self.person.next_visit(at)
                self._due = at
            else:
                self._due = self._step(at)

    def _step(self, at: datetime) -> datetime | None:
        """Do a worker's work. Return when the lane is due again."""
        self.steps += 1
        with hold(Lease(self.person.user_id, "past", FOREVER)):
            next_at = tasks.step(self.person.user_id)
        due = datetime.fromtimestamp(next_at, UTC) if next_at else None
        self._spins = self._spins + 1 if due and due <= at else 0
        if self._spins > MAX_SPINS:
            raise RuntimeError(f"the lane goes round in circles at {at}")
        return max(due, at) if due else None

    def _cause_trouble(self, day: int) -> None:
        for trouble in [one for one in self._troubles if one.day <= day]:
            self._troubles.remove(trouble)
            self.clock.tell_sandbox()
            self.clock.sandbox.post(trouble.path, account=self.person.account.username, **trouble.body)
