"""A configuration, a clock and databases that tests own."""

import base64
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from redis import utils as redis_utils
from sqlalchemy import Dialect
from werkzeug.routing import Rule
from werkzeug.routing.matcher import State, StateMachineMatcher

from bot.app import create_base_app
from bot.auth import passwords
from bot.automation.generations import ensure_generation
from bot.config import misspelled
from bot.config.environment import Config
from bot.decision.limits import seed_defaults
from bot.operations.release import register_keys, seed_error_codes
from bot.storage.engine import db
from bot.storage.schema import upgrade_schema
from local import postgres
from tests.support.rows import Rows, put_back, rows_of

KEY = "t1:" + base64.b64encode(hashlib.sha256(b"a key for tests").digest()).decode()
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


class FixedClock:
    """A clock that moves only when a test moves it."""

    def __init__(self, moment: datetime = NOON) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def advance(self, **length: float) -> None:
        self.moment += timedelta(**length)


def shortest(low: float, _high: float) -> float:
    """Always draw the shortest delay."""
    return low


def config_for(instance_dir: Path, database_url: str, redis_url: str, **settings: Any) -> Config:
    return Config.from_env(
        **{
            "instance_dir": instance_dir,
            "database_url": database_url,
            "redis_url": redis_url,
            "encryption_keys": KEY,
            "encryption_keys_file": None,
            "instagram_sandbox": True,
            # Nothing listens there, whatever else runs on this machine.
            "sandbox_port": 2,
            "secure_cookies": False,
            "admin_password": None,
            "worker_threads": 4,
            **settings,
        }
    )


_compiled: dict[str, tuple[Dialect, Any]] = {}
# All statements of the product and of its tests. One engine keeps 500 and then drops the oldest.
_STATEMENTS = 10_000


def compile_once(app: Flask) -> None:
    """Let the engines of an app use statements that earlier tests have compiled, which takes longer than most tests.

    SQLAlchemy keeps them by engine, and by the dialect that each engine makes. The engine of read-only sessions takes
    over the dialect of the other when it is made.
    """
    with app.app_context():
        engine, reading = db.engine, db.reading_engine
    if engine.dialect.name not in _compiled:
        engine._compiled_cache.capacity = _STATEMENTS
        _compiled[engine.dialect.name] = (engine.dialect, engine._compiled_cache)
    for one in (engine, reading):
        one.dialect, one._compiled_cache = _compiled[engine.dialect.name]


_routes: dict[str, dict[str, Any]] = {}
_COMPILED = ("_parts", "_trace", "_converters", "arguments", "_build", "_build_unknown")
_matchers: dict[tuple[Any, ...], State] = {}


def build_once() -> None:
    """Let the routes and templates of an app use what earlier tests have made of them.

    Making it takes longer than most tests. Werkzeug's result for a route depends on its text alone, what finds the
    route of a request depends on all routes in their order, and Jinja keeps its result for a template on the disk, by
    its text too.
    """
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache()}
    compile_route = Rule.compile

    def compile_known(rule: Rule) -> None:
        text = f"{rule.rule} {rule.subdomain} {rule.host} {rule.defaults} {rule.merge_slashes}"
        if text not in _routes:
            compile_route(rule)
            _routes[text] = {name: vars(rule)[name] for name in _COMPILED}
        vars(rule).update(_routes[text])

    add_to, update = StateMachineMatcher.add, StateMachineMatcher.update

    def add_later(matcher: StateMachineMatcher, rule: Rule) -> None:
        vars(matcher).setdefault("_waiting", []).append(rule)

    def update_known(matcher: StateMachineMatcher) -> None:
        rules = vars(matcher).get("_waiting", [])
        kinds = tuple(map(_found_by, rules))
        if kinds not in _matchers:
            matcher._root = State()
            for rule in rules:
                add_to(matcher, rule)
            update(matcher)
            _matchers[kinds] = matcher._root
        matcher._root = _matchers[kinds]

    Rule.compile = compile_known  # type: ignore[assignment, method-assign]  # for tests
    StateMachineMatcher.add = add_later  # type: ignore[assignment, method-assign]
    StateMachineMatcher.update = update_known  # type: ignore[assignment, method-assign]


def _found_by(rule: Rule) -> tuple[Any, ...]:
    """All that a route says of itself when it is found."""
    given = rule.rule, rule.endpoint, rule.subdomain, rule.host, rule.alias, rule.websocket, rule.redirect_to
    methods = rule.methods and frozenset(rule.methods)
    automatic = getattr(rule, "provide_automatic_options", None)
    return *given, methods, automatic, rule.strict_slashes, rule.merge_slashes, repr(rule.defaults)


STRONG = passwords._argon2
"""The hasher of passwords in production."""


def hash_weakly() -> None:
    """Hash weakly. Hashing is slow on purpose: a second factor's codes alone take a fifth of a second."""
    passwords._argon2 = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def look_once() -> None:
    """Look up only once what every app looks up with the same result.

    These are the variables in the environment with names like those of settings, and the version of Redis' client,
    which each connection reads from a file.
    """
    misspelled._likeness = cache(misspelled._likeness)
    redis_utils.get_lib_version = cache(redis_utils.get_lib_version)


def prepare(app: Flask) -> None:
    """Make schema and seeds as `release` does, without the first administrator."""
    with app.app_context():
        upgrade_schema()
        register_keys()
        seed_error_codes()
        seed_defaults()
        ensure_generation()


def dispose(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()


@dataclass(frozen=True)
class Databases:
    """A migrated and seeded database of each kind, for one test at a time.

    For SQLite it is a copy of the file. For PostgreSQL it is one database whose rows are put back, in a hundredth of
    the time of a copy.
    """

    sqlite_template: Path
    postgres: str
    rows: Rows

    @contextmanager
    def fresh(self, kind: str, folder: Path) -> Iterator[str]:
        if kind == "sqlite":
            path = folder / "troupe.db"
            shutil.copyfile(self.sqlite_template, path)
            yield f"sqlite:///{path}"
        else:
            try:
                yield self.postgres
            finally:
                put_back(self.postgres, self.rows)


def make_databases(folder: Path, server_url: str, redis_url: str) -> Databases:
    sqlite = folder / "template.db"
    template = postgres.create_database(server_url)
    for url in (f"sqlite:///{sqlite}", template):
        app = create_base_app(config_for(folder, url, redis_url))
        prepare(app)
        compile_once(app)
        if url.startswith("sqlite"):
            with app.app_context(), closing(db.engine.raw_connection()) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        dispose(app)
    return Databases(sqlite, template, rows_of(template))
