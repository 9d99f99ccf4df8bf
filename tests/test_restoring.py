"""Copy and restore by the commands that docs/operations.md gives, and the release that finds out."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.steps.claim_memory import Mark, correct
from bot.storage.models import Generation
from bot.storage.tenancy import identity
from bot.users.directory import usernames
from local import postgres
from tests.structure.source import ROOT
from tests.support.environment import config_for, dispose, prepare
from tests.support.people import make_somebody
from wsgi import create_app

MANUAL = (ROOT / "docs" / "operations.md").read_text()
COPY, RESTORE = (MANUAL.split(f"\n### {name}\n")[1].split("\n##")[0] for name in ("Copy", "Restore"))


def command(text: str, begins: str) -> str:
    """The one command of the manual that begins so."""
    (found,) = re.findall(rf"^ +({re.escape(begins)}.*)$", text, re.MULTILINE)
    return found


def shell(line: str, folder: Path, **variables: str) -> None:
    environment = {"PATH": "/usr/bin:/bin", **variables}
    done = subprocess.run(line, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S602  the manual's own
    assert done.returncode == 0, done.stderr


def flask(app, line: str, typed: str = "") -> str:
    with app.app_context():
        done = app.test_cli_runner().invoke(args=shlex.split(line.removeprefix("flask --app wsgi ")), input=typed)
    assert done.exit_code == 0, done.output
    return done.output


def installed(url: str, redis_url: str, folder: Path):
    """An installation with one user."""
    app = create_app(config_for(folder, url, redis_url))
    app.extensions["troupe"].redis.flushall()
    prepare(app)
    with app.app_context():
        return app, make_somebody("alice")


def goes_on(app, alice):
    """What the copy does not know: a user, and a claim that is remembered. Returns the user's id."""
    with app.app_context():
        with identity() as session:
            life = session.scalars(select(Generation.id)).one()
        correct(alice.id, Mark.make(life, 1))
        later = make_somebody("bob").id
    dispose(app)
    return later


def assert_it_is_held_until_it_is_released(app, alice, later):
    release, declared, release_bots = re.findall(r"^ +(flask --app wsgi release.*)$", RESTORE, re.MULTILINE)
    assert "Every bot is held" in flask(app, release)
    with app.app_context():
        assert usernames([alice.id, later]) == {alice.id: "alice"}
    assert "go on within a minute" in flask(app, release_bots, typed="y\n")
    assert "Every bot is held" not in flask(app, release)
    assert "Every bot is held" in flask(app, declared)


@pytest.mark.skipif(not shutil.which("sqlite3"), reason="sqlite3 is not installed")
def test_sqlite_is_copied_while_it_is_in_use_and_put_back(redis_url, tmp_path):
    folder = tmp_path / "instance"
    folder.mkdir()
    app, alice = installed(f"sqlite:///{folder / 'troupe.db'}", redis_url, folder)
    with app.app_context(), identity(reading=True) as session:
        session.scalars(select(Generation)).all()
        shell(command(COPY, "sqlite3"), tmp_path)
    later = goes_on(app, alice)
    said = re.search(r"Remove (.+?), and put the copy in place of `(.+?)`", RESTORE, re.DOTALL)
    for name in re.findall(r"`(.+?)`", said[1]):
        (folder / name).unlink(missing_ok=True)
    (tmp_path / "troupe-copy.db").rename(folder / said[2])
    assert_it_is_held_until_it_is_released(app, alice, later)
    dispose(app)


def test_postgresql_is_copied_while_it_is_in_use_and_put_back(redis_url, postgres_url, tmp_path):
    programs = {name: shutil.which(name) for name in ("pg_dump", "pg_restore")}
    if not all(programs.values()):
        pytest.skip("pg_dump and pg_restore are not installed")
    with postgres.database(postgres_url) as url, postgres.database(postgres_url) as new:
        app, alice = installed(url, redis_url, tmp_path)
        native = {one: f"postgresql://{one.split('://', 1)[1]}" for one in (url, new)}
        shell(command(COPY, "pg_dump"), tmp_path, SUPERUSER_URL=native[url])
        later = goes_on(app, alice)
        shell(command(RESTORE, "pg_restore"), tmp_path, SUPERUSER_URL=native[new])
        restored = create_app(config_for(tmp_path, new, redis_url))
        assert_it_is_held_until_it_is_released(restored, alice, later)
        dispose(restored)
