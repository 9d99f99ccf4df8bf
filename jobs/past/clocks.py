"""The clocks of a lived past: that of the product, and that of the sandbox, which is kept at the same moment."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

from bot.config.clock import Clock

CONTROL_SECONDS = 10


@dataclass
class Sandbox:
    """The control API of the sandbox on this machine. All raise requests.RequestException."""

    port: int
    _session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self._session.trust_env = False

    def get(self, path: str) -> Any:
        return self._call("GET", path)

    def post(self, path: str, **body: object) -> Any:
        return self._call("POST", path, json=body)

    def _call(self, method: str, path: str, **options: Any) -> Any:
        reply = self._session.request(method, f"http://127.0.0.1:{self.port}{path}", timeout=CONTROL_SECONDS, **options)
        reply.raise_for_status()
        return reply.json()


@dataclass
class PastClock:
    """The product's clock: it shows `moment`. The sandbox's clock goes on from there once it is told."""

    moment: datetime
    sandbox: Sandbox
    machine: Clock = field(default_factory=Clock)
    _behind: float = field(init=False)
    _is_told: bool = False

    def __post_init__(self) -> None:
        shown = datetime.fromisoformat(self.sandbox.post("/clock", seconds=0)["now"])
        # An earlier past may have been cut off.
        self._behind = (self.machine.now() - shown).total_seconds()

    def now(self) -> datetime:
        return self.moment

    def go_to(self, moment: datetime) -> None:
        """Move the product's clock."""
        self.moment, self._is_told = moment, False

    def tell_sandbox(self) -> None:
        """Move the sandbox's clock to the product's. Call it before the sandbox is asked; half of the steps do not."""
        if not self._is_told:
            self._set_behind((self.machine.now() - self.moment).total_seconds())

    def catch_up(self) -> None:
        """Move both clocks to the machine's."""
        self.moment = self.machine.now()
        self._set_behind(0.0)

    def _set_behind(self, behind: float) -> None:
        self._is_told = True
        # The sandbox's clock goes on while the product's waits, so it is moved by what is left to the moment.
        self.sandbox.post("/clock", seconds=self._behind - behind)
        self._behind = behind
