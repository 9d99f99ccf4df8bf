"""The table of calls: path, name, view, and whether a session is needed."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.accounts import Account
from sandbox.refusals import logged_out
from sandbox.wire import Json, Reply, Request
from sandbox.world import World

API = "/api/v1/"


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way to a view. `account` is signed in if the route asks for a session.

    What the account did after `as_of` (seconds since 1970) is not visible yet.
    """

    world: World
    request: Request
    claimed: Account | None
    as_of: float = math.inf

    @property
    def account(self) -> Account:
        if self.claimed is None:
            raise logged_out()
        return self.claimed

    @property
    def form(self) -> Json:
        return self.request.form

    @property
    def query(self) -> dict[str, str]:
        return self.request.query


View = Callable[..., Reply]
Who = Callable[..., Account | None]


def _by_session(world: World, request: Request, *_: str) -> Account | None:
    return world.claimed(request)


@dataclass(frozen=True, slots=True)
class Route:
    """A route.

    `who` finds the account before the call is answered: from the session, or from the fields of a sign-in.
    """

    method: str
    path: re.Pattern[str]
    call: str
    view: View
    public: bool
    who: Who


class Table:
    """The routes of one noun. A path is a regular expression under /api/v1/; its groups go to the view."""

    def __init__(self, *parts: "Table") -> None:
        self.routes: list[Route] = [route for part in parts for route in part.routes]

    def __iter__(self) -> Iterator[Route]:
        return iter(self.routes)

    def get(self, path: str, call: str, **kind: Any) -> Callable[[View], View]:
        return self._route("GET", path, call, **kind)

    def post(self, path: str, call: str, **kind: Any) -> Callable[[View], View]:
        return self._route("POST", path, call, **kind)

    def find(self, method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
        for route in self.routes:
            if route.method == method and (match := route.path.fullmatch(path)):
                return route, match.groups()
        return None

    def _route(
        self, method: str, path: str, call: str, public: bool = False, who: Who = _by_session
    ) -> Callable[[View], View]:
        pattern = re.compile(path if path.startswith("/") else API + path)

        def add(view: View) -> View:
            self.routes.append(Route(method, pattern, call, view, public, who))
            return view

        return add
