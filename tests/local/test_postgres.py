import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import sqlalchemy

from local import postgres
from local.processes import wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def server():
    with postgres.running() as url:
        yield url


def ask(url, statement):
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        return connection.execute(sqlalchemy.text(statement)).scalar_one()


def test_the_url_is_a_superusers(server):
    assert ask(server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")


def test_databases_do_not_see_each_other(server):
    with postgres.database(server) as first, postgres.database(server) as second:
        assert ask(first, "SELECT current_database()") != ask(second, "SELECT current_database()")


def test_a_database_goes_even_while_somebody_is_connected(server):
    url = postgres.create_database(server)
    name = ask(url, "SELECT current_database()")
    held = psycopg.connect(url.replace("+psycopg", ""))
    postgres.drop_database(url)
    held.close()
    assert ask(server, f"SELECT count(*) FROM pg_database WHERE datname = '{name}'") == 0  # noqa: S608


def test_a_database_can_be_a_copy_of_another(server):
    with postgres.database(server) as template:
        with psycopg.connect(template.replace("+psycopg", "")) as connection:
            connection.execute("CREATE TABLE cast_of AS SELECT 'alice' AS name")
        copy = postgres.create_database(server, template=template)
        assert ask(copy, "SELECT name FROM cast_of") == "alice"
        postgres.drop_database(copy)


def test_a_server_that_is_given_is_used_as_it_is(server, monkeypatch):
    monkeypatch.setenv("TEST_DATABASE_URL", server.replace("postgresql+psycopg", "postgres"))
    with postgres.running() as url:
        assert url == server


def test_the_bundled_server_does_where_none_is_installed(monkeypatch):
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.setattr(postgres, "_installed", lambda: iter(()))
    with postgres.running() as url, postgres.database(url) as database:
        assert ask(database, "SHOW fsync") == "off"
        folder = Path(url.split("host=")[1]).parent
    assert not folder.exists()


def test_it_ends_when_its_owner_is_killed(monkeypatch):
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    script = """
import os, pathlib, signal
from local import postgres
with postgres.running() as url:
    print(pathlib.Path(url.split("host=")[1]).parent, flush=True)
    signal.pause()
"""
    owner = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE)
    assert owner.stdout
    folder = Path(owner.stdout.readline().decode().strip())
    pid = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert wait_until(lambda: not psutil.pid_exists(pid), 20)
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to drop to somebody else")
def test_root_hands_the_server_to_an_unprivileged_user(server):
    data = Path(ask(server, "SHOW data_directory"))
    assert data.stat().st_uid != 0
