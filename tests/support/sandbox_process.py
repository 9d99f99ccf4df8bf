"""A sandbox for one test: started on a free port, steered by its control API, asked for its ledger."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from local.processes import bind_to_parent
from sandbox.faults import CALLS
from sandbox.replies import recorded

ROOT = Path(__file__).resolve().parents[2]
REPLY_SECONDS = 10
END_SECONDS = 10


class SandboxControl:
    """A running sandbox, found by the `url` of its control API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str, /, **query: str) -> Any:
        return self._call("GET", path, params=query)

    def post(self, path: str, /, **body: object) -> Any:
        return self._call("POST", path, json=body)

    @property
    def proxy(self) -> str:
        return str(self.get("/connection")["proxy"])

    def write_ca(self, folder: Path) -> Path:
        """Write the file that a client must trust."""
        path = folder / "sandbox-ca.pem"
        path.write_text(self.get("/connection")["ca_pem"])
        return path

    def accounts(self, behaviour: str | None = None) -> list[dict[str, str]]:
        return [one for one in self.get("/accounts") if behaviour in (None, one["behaviour"])]

    def account(self, username: str) -> dict[str, str]:
        return next(one for one in self.accounts() if one["username"] == username)

    def fault(self, account: str, call: str, fault: str, count: int = 1, **more: object) -> None:
        self.post("/faults", account=account, call=call, fault=fault, count=count, **more)

    def answer(self, account: str, reply: dict[str, Any], *, call: str | None = None, **more: object) -> None:
        """Answer the next calls of that name, or of a `path`, with this reply word for word."""
        self.post("/faults", account=account, reply=reply, **({"call": call} if call else {}), **more)

    def meet(self, case: dict[str, Any], account: str) -> None:
        """Answer an account as a case of sandbox/replies.json says, together with what the case needs."""
        for one in (*case.get("also", ()), case):
            name = one.get("call") or one.get("path") or one["calls"][0]
            where = {"call": name} if name in CALLS else {"path": name}
            more = {key: one[key] for key in ("count", "processed") if key in one}
            self.post("/faults", account=one.get("account", account), **where, **more, **_command_of(one))

    def clear_faults(self) -> None:
        self._call("DELETE", "/faults")

    def reset(self) -> None:
        self.post("/reset")

    def end_sessions(self, account: str) -> None:
        """Log the account out on Instagram's side."""
        self.post("/sessions/end", account=account)

    def ledger(self, account: str | None = None, kind: str | None = None) -> list[dict[str, str]]:
        """Return what arrived and was processed, in order."""
        query = {} if account is None else {"account": account}
        return [one for one in self.get("/ledger", **query) if kind in (None, one["kind"])]

    def targets(self, account: str, kind: str) -> list[str]:
        return [one["target"] for one in self.ledger(account, kind)]

    def requests(self, account: str) -> dict[str, int]:
        """Return the number of an account's requests by call, refused ones included."""
        return {one["call"]: one["count"] for one in self.get("/requests", account=account)}

    def phone(self, account: str) -> dict[str, list[str]]:
        """Return what the account's requests said of the phone they come from: name → values, mostly one of each."""
        said: dict[str, list[str]] = next((one["said"] for one in self.get("/phones", account=account)), {})
        return said

    def _call(self, method: str, path: str, **request: Any) -> Any:
        reply = requests.request(method, self.url + path, timeout=REPLY_SECONDS, **request)
        reply.raise_for_status()
        return reply.json()


def _command_of(one: dict[str, Any]) -> dict[str, Any]:
    """Name a recorded case by its id, so that the sandbox fills in what only it knows."""
    if one.get("id") in recorded():
        return {"fault": one["id"]}
    return {"reply": {key: one[key] for key in ("status", "headers", "body", "body_base64") if key in one}}


class SandboxProcess(SandboxControl):
    """One `python -m sandbox`. A context manager, or start and stop."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        super().__init__(url)
        self.process = process

    @classmethod
    def start(cls, port: int = 0, *options: str) -> Self:
        """Return when it is ready. Port 0 takes any free one. Raises RuntimeError if it does not start."""
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--port", str(port), *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=bind_to_parent(),
        )
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the sandbox ended with {process.wait(END_SECONDS)}")
        return cls(process, json.loads(line)["control"])

    def stop(self) -> int:
        """End it as Ctrl-C does. Return its exit status."""
        self.process.terminate()
        self.process.communicate(timeout=END_SECONDS)
        return self.process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
