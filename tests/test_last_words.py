"""Whatever cannot start or go on says so in one sentence and ends with a status: each program, each kind of failure."""

import os
import re
import subprocess
import sys

import psycopg
import pytest
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy.exc import OperationalError, ProgrammingError

from bot.config.environment import ConfigError
from bot.core.errors import BotException
from bot.operations.last_words import sentence_of
from local.ports import free_port
from tests.structure.source import ROOT
from tests.support.environment import KEY
from tests.support.flask_commands import run_all

# One process asks the commands of flask, for all of them.
pytestmark = pytest.mark.xdist_group("last words")
FLASK = ["-m", "flask", "--app", "wsgi"]
PROGRAMS = {
    "web": ["-m", "middleware.web"],
    "gunicorn alone": ["-m", "gunicorn", "wsgi:app"],
    "worker": ["-m", "jobs.worker"],
    "clock": ["-m", "jobs.clock"],
    "release": [*FLASK, "release"],
    "new-password": [*FLASK, "new-password", "admin"],
    "reset-second-factor": [*FLASK, "reset-second-factor", "admin"],
    "lanes": [*FLASK, "lanes", "show"],
    "vault": [*FLASK, "vault", "status"],
    "db": [*FLASK, "db", "current"],
    "help of flask": [*FLASK, "--help"],
    "make run": ["-m", "local.run"],
    "make password": ["-m", "local.run", "--new-password", "admin"],
}


def with_settings(folder, settings):
    """An environment that has only these settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    usual = {"INSTANCE_DIR": str(folder / "instance"), "ENCRYPTION_KEYS": KEY, "PORT": str(free_port())}
    return kept | usual | settings


def ended(arguments, folder, **settings):
    """Status and standard error of a program that has only these settings."""
    env = with_settings(folder, settings)
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stderr


def sentences(stderr):
    """What is said to people; the lines of the log are JSON, and gunicorn's master is one of them."""
    return [line for line in stderr.splitlines() if line.strip() and not line.startswith("{")]


WRONG = {"DATABASE_URL": "mysql://root:canary@host/name"}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_says_in_one_sentence_what_is_wrong_with_its_settings(program, tmp_path, commands):
    status, stderr = commands.get(program) or ended(PROGRAMS[program], tmp_path, **WRONG)
    assert status != 0
    (sentence,) = sentences(stderr)
    assert sentence.startswith("troupe: DATABASE_URL: ")
    assert "Traceback" not in stderr
    assert "canary" not in stderr


FAILURES = {
    "no key": ("clock", {"ENCRYPTION_KEYS": ""}, "ENCRYPTION_KEYS or ENCRYPTION_KEYS_FILE is missing"),
    "no file of keys": ("worker", {"ENCRYPTION_KEYS": "", "ENCRYPTION_KEYS_FILE": "/no/file"}, "/no/file"),
    "a misspelt setting": ("release", {"DATABSE_URL": "x"}, "DATABSE_URL is no setting: did you mean DATABASE_URL?"),
    "a folder that cannot be made": ("release", {"INSTANCE_DIR": "/dev/null/x"}, "INSTANCE_DIR"),
    "a folder that cannot be made by make": ("make run", {"INSTANCE_DIR": "/dev/null/x"}, "/dev/null/x"),
    "no folder for SQLite": (
        "release",
        {"DATABASE_URL": "sqlite:////no/folder/x.db"},
        "the folder /no/folder is not there",
    ),
    "PostgreSQL away": ("release", {"DATABASE_URL": "postgres://u:canary@127.0.0.1:1/x"}, "connection"),
    "Redis away": ("lanes", {"REDIS_URL": "redis://:canary@127.0.0.1:1"}, "The queue cannot be reached"),
    "processes of the web that are no number": ("web", {"WEB_CONCURRENCY": "two"}, "WEB_CONCURRENCY: "),
    "no processes of the web": ("gunicorn alone", {"WEB_CONCURRENCY": "0"}, "WEB_CONCURRENCY: "),
    "too many processes of the web": ("gunicorn alone", {"WEB_CONCURRENCY": "999"}, "WEB_CONCURRENCY: "),
    "a port that is no number": ("web", {"PORT": "http"}, "PORT: "),
    "no port": ("gunicorn alone", {"PORT": ""}, "PORT: "),
    "no schema": ("new-password", {}, "run `flask --app wsgi release` first"),
    "no schema yet for keys": ("vault", {}, "run `flask --app wsgi release` first"),
}


# Started for itself all the same: nothing of another command is loaded when it fails.
ALONE = "release"


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    """Program or failure → status and standard error, of the commands of flask, which one process runs in turn."""
    asked = {name: (name, WRONG) for name in PROGRAMS if name != ALONE}
    asked |= {failure: (program, settings) for failure, (program, settings, _) in FAILURES.items()}
    asked = {name: one for name, one in asked.items() if PROGRAMS[one[0]][: len(FLASK)] == FLASK}
    ended = run_all(
        [
            (PROGRAMS[program][1:], with_settings(tmp_path_factory.mktemp("command"), settings))
            for program, settings in asked.values()
        ]
    )
    return dict(zip(asked, ended, strict=True))


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_is_one_sentence_and_a_status(failure, tmp_path, commands):
    program, settings, told = FAILURES[failure]
    status, stderr = commands.get(failure) or ended(PROGRAMS[program], tmp_path, **settings)
    assert status != 0
    (sentence,) = sentences(stderr)
    assert told in sentence
    assert "Traceback" not in stderr
    assert "canary" not in stderr


def of_postgresql(kind, text):
    return OperationalError("SELECT 'canary'", None, kind(text))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConfigError("PORT: is bad"), "PORT: is bad"),
        (BotException("QUEUE_UNAVAILABLE"), BotException("QUEUE_UNAVAILABLE").message),
        (RedisAway("Error 111 connecting to h:1."), "Redis at REDIS_URL does not answer as it should: Error 111"),
        (
            of_postgresql(psycopg.errors.InvalidPassword, 'FATAL: password authentication failed for user "u"'),
            "does not answer as it should: FATAL: password authentication",
        ),
        (of_postgresql(psycopg.errors.InvalidCatalogName, 'database "x" does not exist'), 'database "x"'),
        (of_postgresql(psycopg.errors.DiskFull, "no space left"), "no space left"),
        (of_postgresql(psycopg.errors.ReadOnlySqlTransaction, "cannot execute UPDATE"), "cannot execute UPDATE"),
        (
            ProgrammingError("x", None, psycopg.errors.UndefinedTable('relation "users" does not exist')),
            "run `flask --app wsgi release` first",
        ),
        (
            ProgrammingError("x", None, psycopg.errors.InsufficientPrivilege("permission denied for table users")),
            "permission denied for table users",
        ),
        (PermissionError(13, "Permission denied", "/srv/x"), "Permission denied: /srv/x"),
    ],
)
def test_what_is_known_is_told(error, told):
    assert told in sentence_of(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("canary"),
        ProgrammingError("x", None, psycopg.errors.InvalidTextRepresentation('invalid input syntax: "canary"')),
    ],
)
def test_the_text_of_what_nobody_foresaw_is_not_told(error):
    assert sentence_of(error) is None


def test_what_nobody_foresaw_is_a_line_of_the_log_and_a_sentence(tmp_path):
    code = (
        "from bot.core import log; from bot.operations import last_words; "
        "log.configure_logging(); last_words.end_with_a_sentence(); {}['x']"
    )
    status, stderr = ended(["-c", code], tmp_path)
    assert status == 1
    assert sentences(stderr) == ["troupe: This failed unforeseen (KeyError); the line of the log above says where."]
    assert "Traceback" not in stderr


def test_make_key_writes_the_key_alone(tmp_path):
    with (tmp_path / "key").open("wb") as file:
        # Whatever the clock says of the packages, they are there.
        there = [part for name in ("bin/uv", ".dev", ".runtime") for part in ("-o", f".venv/{name}")]
        done = subprocess.run(["make", *there, "key"], cwd=ROOT, stdout=file, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"k[0-9a-f]{6}:[A-Za-z0-9+/]{43}=\n", (tmp_path / "key").read_text())


def test_a_key_that_cannot_be_written_is_no_success():
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "local.keys"], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr == "troupe: the key could not be written: No space left on device\n"


def test_what_make_tells_on_its_way_goes_to_standard_error():
    told = re.findall(r"^\t@?echo .*$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert told
    assert [line for line in told if not line.endswith(">&2")] == []
