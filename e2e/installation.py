"""Running products, one for a kind of database: who administers it, new users, accounts that nobody uses."""

import itertools
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from e2e.api import PASSWORD, Api
from local import postgres
from local.stack import Stack
from tests.support.sandbox_process import SandboxControl

SQLITE = "sqlite"
# More than the tests of one installation ask for.
ACCOUNTS = 40


@dataclass(frozen=True)
class Login:
    """What somebody types to sign in, and the id behind it."""

    id: str
    username: str
    password: str


class Installation:
    """A stack that runs. Users and accounts are handed out once, so that tests do not meet in them."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.address = stack.address
        self.sandbox = SandboxControl(stack.sandbox_address)
        self._plain = iter(self.sandbox.accounts("plain"))
        self._numbers = itertools.count(1)

    @property
    def api(self) -> Api:
        """Nobody's client."""
        return Api(self.address)

    @cached_property
    def admin_login(self) -> Login:
        """The first administrator, with a password of their own."""
        assert self.stack.admin, "this installation had an administrator before"
        username, first = self.stack.admin
        answer = self.api.post(
            "/admin/initialize-password", username=username, current_password=first, new_password=PASSWORD
        )
        return Login(answer["user"]["id"], username, PASSWORD)

    @cached_property
    def admin(self) -> Api:
        return self.sign_in(self.admin_login)

    def sign_in(self, login: Login) -> Api:
        answer = self.api.post("/auth/login", username=login.username, password=login.password)
        return self.api.signed_in_with(answer["token"])

    def newcomer(self, name: str = "guest") -> Login:
        """A new user who has not signed in yet: the password is a first one."""
        username = f"{name}-{next(self._numbers)}"
        answer = self.admin.post("/users", username=username, role="user")
        return Login(answer["user"]["id"], username, answer["initial_password"])

    def member(self, name: str = "guest") -> Login:
        """A new user with a password of their own."""
        newcomer = self.newcomer(name)
        self.sign_in(newcomer).put(
            f"/users/{newcomer.id}/change-password", current_password=newcomer.password, new_password=PASSWORD
        )
        return Login(newcomer.id, newcomer.username, PASSWORD)

    def plain_account(self) -> dict[str, str]:
        """An account of the sandbox that links by its password alone and that no other test has."""
        return next(self._plain)


class Installations:
    """Starts installations in `folder` when they are asked for, and a PostgreSQL with the first that needs it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._standing: dict[str, Installation] = {}
        self._open = ExitStack()
        self._count = itertools.count(1)

    def standing(self, kind: str) -> Installation:
        """The installation of a kind that stands to the end of the run."""
        if kind not in self._standing:
            self.keep(kind, self.new(kind))
        return self._standing[kind]

    def keep(self, kind: str, installation: Installation) -> None:
        """Makes it the one that stands, where there is none."""
        self._standing.setdefault(kind, installation)

    def new(self, kind: str) -> Installation:
        # Which like is looked up is chance, and no journey is about it.
        settings = {"ALLOW_INSTAGRAM_SIGN_IN": "1", "ALLOW_REGISTRATION": "1", "EFFECT_CHECK_ONE_IN": "0"}
        if kind != SQLITE:
            settings["DATABASE_URL"] = postgres.create_database(self._server)
        stack = Stack.private(self._folder / f"{kind}-{next(self._count)}", plain=ACCOUNTS, **settings)
        stack.start()
        self._open.callback(stack.stop)
        return Installation(stack)

    @cached_property
    def _server(self) -> str:
        return self._open.enter_context(postgres.running())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
