import pytest

from bot.config.runtime import EXTENSION
from bot.demo.sandbox import account, accounts, answering_people
from sandbox.accounts import SPECIAL
from tests.support.attempts import refused
from tests.support.sandbox_process import SandboxProcess


@pytest.fixture(scope="module")
def sandbox():
    with SandboxProcess.start(0, "--lively") as sandbox:
        yield sandbox


@pytest.fixture(params=["sqlite"])
def database_url(request, databases, tmp_path):
    with databases.fresh(request.param, tmp_path) as url:
        yield url


def at(app, **changed):
    parts = app.extensions[EXTENSION]
    parts.config = parts.config.model_copy(update=changed)


@pytest.fixture
def demo(base_app, sandbox):
    at(base_app, sandbox_port=int(sandbox.url.rpartition(":")[2]))


@pytest.mark.usefixtures("demo")
def test_every_account_of_the_sandbox_is_there_with_what_it_does():
    found = accounts()
    assert [one.behaviour for one in found if one.behaviour != "plain"] == [one.name for one in SPECIAL]
    assert all(0 < len(one.does) <= 60 for one in found)
    assert len({one.does for one in found if one.behaviour != "plain"}) == len(SPECIAL)


@pytest.mark.usefixtures("demo")
def test_an_account_is_found_by_its_name(sandbox):
    one = account("two_factor")
    assert (one.password, one.code) == tuple(sandbox.account("two_factor")[name] for name in ("password", "code"))
    assert account("plain_01").code is None
    assert refused(account, "nobody_of_this_name") == "INVALID_INPUT"


@pytest.mark.usefixtures("demo")
def test_the_people_who_answer_do_so_within_a_minute(sandbox):
    people = answering_people()
    assert len({one.username for one in people}) == len(people) == 6
    assert all(one.reply and one.after <= 60 for one in people)


@pytest.mark.usefixtures("demo")
def test_a_person_who_was_told_to_be_silent_is_not_among_them(sandbox):
    first, *others = answering_people()
    sandbox.post("/scripts", username=first.username, reply=None)
    assert answering_people()[: len(others)] == others
    sandbox.reset()


def test_a_sandbox_that_is_away_is_told(base_app):
    assert refused(accounts) == "INSTAGRAM_UNREACHABLE"


def test_without_the_sandbox_there_is_nothing_to_offer(base_app):
    at(base_app, instagram_sandbox=False)
    assert refused(accounts) == refused(answering_people) == "NOT_FOUND"
