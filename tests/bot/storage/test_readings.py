"""What a page reads, it reads in one transaction, which sees one user's rows at a time and ends with each change."""

import threading

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bot.history.activity import record
from bot.storage.models import Activity, BotStatus, User
from bot.storage.readings import reading_together
from bot.storage.tenancy import identity, tenant
from tests.support.statements import connections_in_use, statements

pytestmark = pytest.mark.usefixtures("base_app")
COUNT = select(func.count(Activity.id))


def lines_of(user):
    with tenant(user.id, reading=True) as session:
        return session.scalar(COUNT)


def add_line(user):
    with tenant(user.id) as session:
        record(session, "follow", "done", target="ann")
        session.commit()


def owners():
    with identity(reading=True) as session:
        return set(session.scalars(select(User.username)))


def test_sessions_of_a_block_use_one_connection_and_one_begin(alice):
    with reading_together():
        lines_of(alice)
        with statements() as executed:
            for _ in range(5):
                lines_of(alice)
        assert connections_in_use() == 1
    assert len(executed) == 5
    assert connections_in_use() == 0


def test_each_session_sees_the_rows_of_its_own_user(alice, bob):
    add_line(alice)
    with reading_together():
        seen = [(lines_of(alice), lines_of(bob), owners()) for _ in range(2)]
    assert [(mine, theirs) for mine, theirs, _ in seen] == [(1, 0), (1, 0)]
    assert all({"alice", "bob"} <= names for _, _, names in seen)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has no row security.
def test_the_database_itself_is_told_of_each_user(alice, bob):
    def told():
        return text("SELECT current_setting('app.user_id'), current_setting('app.identity')")

    with reading_together():
        for user in (alice, alice, bob, alice):
            with tenant(user.id, reading=True) as session:
                session.scalar(COUNT)
                assert tuple(Session.connection(session).execute(told()).one()) == (user.id, "")
        with identity(reading=True) as of_all:
            assert tuple(of_all.execute(told()).one()) == ("", "on")
        lines_of(alice)
        with tenant(alice.id, reading=True) as session:
            session.scalar(COUNT)
            session.rollback()
            # The variables end with the transaction.
            session.scalar(COUNT)
            assert tuple(Session.connection(session).execute(told()).one()) == (alice.id, "")


def test_a_session_within_another_has_a_connection_of_its_own(alice, bob):
    add_line(alice)
    with reading_together(), tenant(alice.id, reading=True) as outer:
        assert outer.scalar(COUNT) == 1
        assert lines_of(bob) == 0
        assert owners() >= {"alice"}
        assert outer.scalar(COUNT) == 1


def test_what_the_block_changes_it_reads(alice):
    with reading_together():
        assert lines_of(alice) == 0
        add_line(alice)
        assert lines_of(alice) == 1
        with tenant(alice.id) as session:
            record(session, "follow", "done", target="ben")
            assert lines_of(alice) == 1
            session.commit()
        assert lines_of(alice) == 2


def test_a_change_within_a_reading_session_is_read_by_the_next(alice):
    with reading_together():
        with tenant(alice.id, reading=True) as session:
            session.scalar(COUNT)
            add_line(alice)
        assert lines_of(alice) == 1


def test_a_statement_that_fails_does_not_spoil_the_next_session(alice):
    with reading_together():
        lines_of(alice)
        with pytest.raises(DBAPIError), identity(reading=True) as session:
            session.execute(text("SELECT nothing FROM nowhere"))
        assert lines_of(alice) == 0
    assert connections_in_use() == 0


def test_a_block_that_fails_gives_its_connection_back(alice):
    def fail():
        with reading_together():
            lines_of(alice)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert connections_in_use() == 0


def test_blocks_beyond_the_places_read_as_if_there_were_none(base_app, alice):
    ready, over, found = threading.Barrier(13), threading.Event(), []

    def read():
        with base_app.app_context(), reading_together():
            found.append(lines_of(alice))
            ready.wait(30)
            over.wait(30)

    threads = [threading.Thread(target=read) for _ in range(12)]
    for thread in threads:
        thread.start()
    ready.wait(30)
    assert connections_in_use() <= 8
    over.set()
    for thread in threads:
        thread.join()
    assert found == [0] * 12
    assert connections_in_use() == 0


def test_outside_of_a_block_a_session_ends_its_own_transaction(alice):
    with tenant(alice.id, reading=True) as session:
        assert session.scalars(select(BotStatus.user_id)).all() == [alice.id]
    assert connections_in_use() == 0
