"""A client of the JSON API, as a program of a user would be."""

from typing import Any, Self

import requests

from local.processes import wait_until

# A request may wait 25 s for a worker, and a busy machine takes its time besides.
REPLY_SECONDS = 60
ACTION_SECONDS = 150
# Requests in a minute are counted; a long action must not use them up.
POLL_INTERVAL = 0.25
PASSWORD = "three lamps over water"


class Api:
    """Calls below /api, signed in by `token` where there is one; answers are checked by who calls."""

    def __init__(self, address: str, token: str = "") -> None:
        self.address = address
        self.token = token

    def signed_in_with(self, token: str) -> Self:
        return type(self)(self.address, token)

    def call(self, method: str, path: str, json: object = None, **headers: str) -> requests.Response:
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        url = f"{self.address}/api{path}"
        return requests.request(method, url, json=json, headers=headers, timeout=REPLY_SECONDS)

    def get(self, path: str) -> Any:
        return self._good("GET", path, None)

    def post(self, path: str, **fields: object) -> Any:
        return self._good("POST", path, fields)

    def put(self, path: str, **fields: object) -> Any:
        return self._good("PUT", path, fields)

    def _good(self, method: str, path: str, fields: object) -> Any:
        """The answer of a call that goes well, one that Instagram takes its time for included."""
        reply = self.call(method, path, fields)
        while reply.status_code == 202 and reply.json().get("pending"):
            reply = self.call("GET", reply.headers["Location"].removeprefix("/api"))
        assert reply.ok, f"{method} {path}: {reply.status_code} {reply.text}"
        answer = reply.json()
        assert answer["success"] is True
        return answer

    def link(self, account: dict[str, str]) -> None:
        """Links an account of the sandbox, with its code where it asks for one."""
        answer = self.post("/bot/login", username=account["username"], password=account["password"])
        if answer["requires_verification"]:
            answer = self.post("/bot/verify", code=account["code"])
        assert answer["session_valid"] is True

    def place(self, hashtag: str, amount: int) -> str:
        """Place follows and return the action's id."""
        return str(self.post("/bot/actions/follow-hashtag", hashtag=hashtag, amount=amount)["action"]["id"])

    def action(self, action_id: str) -> Any:
        return self.get(f"/bot/actions/{action_id}")["action"]

    def wait_for(self, action_id: str, *, done: int = 0, status: str = "") -> Any:
        """The action as soon as it has so many done, or that status."""

        def reached() -> bool:
            action = self.action(action_id)
            return action["status"] == status if status else action["done"] >= done

        assert wait_until(reached, ACTION_SECONDS, every=POLL_INTERVAL), self.action(action_id)
        return self.action(action_id)
