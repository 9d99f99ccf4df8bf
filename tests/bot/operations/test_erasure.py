"""Erased is erased: in every table, in Redis, on the disk, and for a worker that still has a step in hand."""

import threading

import pytest
from sqlalchemy import select, text

from bot.auth.sessions import sessions
from bot.auth.throttle import record_attempt
from bot.automation.memory_files import delete_orphan_files, memory_path
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.history.activity import record
from bot.lanes.queue import connect, notify_lane, submit_request
from bot.mail.outbox import outbox
from bot.operations.erasure import erase
from bot.operations.user_admin import UserChange, change_user
from bot.steps.outcomes import Outcome
from bot.steps.step import Step
from bot.storage.bot_lock import locked_status
from bot.storage.engine import db
from bot.storage.models import AuditEntry, Base, User
from bot.storage.tenancy import identity, tenant
from bot.users.registration import Register, VerifyEmail, register
from bot.users.verification import verify_email
from jobs.tasks import account_request, request_abandoned, step
from tests.bot.driving import claimed, follow_action, signed_in, work_of
from tests.support.every_table import OF_NOBODY, everything, fill, mark
from tests.support.mails import the_clock_ticks, token_for
from tests.support.people import VISITOR, make_somebody

postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def test_every_table_has_rows_of_users_that_go_with_them_or_is_named():
    for table in Base.metadata.sorted_tables:
        if table.name in OF_NOBODY:
            assert "user_id" not in table.columns, table.name
        elif table.name != "users":
            (key,) = [one for one in table.columns["user_id"].foreign_keys if one.column.table.name == "users"]
            assert key.ondelete == "CASCADE", table.name


def names_of(user, address):
    return user.id, user.username, address, mark(user)


def test_nothing_of_an_erased_user_is_in_any_table(config, alice, bob, ada):
    change_user(signed_in(ada), alice.id, UserChange(email="where.alice.lives@example.org"))
    for user in (alice, bob):
        fill(user)
        record_attempt("sign_in", user.username.upper(), VISITOR)
    before = everything(config)
    assert all(any(alice.id in row for row in rows) for name, rows in before.items() if name not in OF_NOBODY)
    erase(signed_in(ada), alice.id)
    after = everything(config)
    for name, rows in after.items():
        found = [one for one in names_of(alice, "where.alice.lives") if any(one in row.lower() for row in rows)]
        assert found == ([alice.id] if name == "audit_log" else []), name
        of_bob = [row for row in before[name] if bob.id in row or mark(bob) in row]
        assert set(of_bob) <= set(rows), name
    assert any("bob" in row.lower() for row in after["attempts"])


def test_the_mails_of_a_registration_go_with_whoever_it_made(config, ada, monkeypatch):
    monkeypatch.setattr(runtime(), "config", runtime().config.model_copy(update={"allow_registration": True}))
    address = "where.carol.lives@example.org"
    for name in ("carol", "carola"):
        register(Register(username=name, email=address.upper(), password="a phrase that she chose"), VISITOR)
        the_clock_ticks()
    token = token_for(outbox(VISITOR, "localhost")[0].recipient)
    user = verify_email(VerifyEmail(token=token, password="a phrase that she chose"), VISITOR)
    erase(signed_in(ada), user.id)
    found = [
        name for name, rows in everything(config).items() if any("where.carol.lives" in row.lower() for row in rows)
    ]
    assert found == []


def test_nothing_of_an_erased_user_is_in_redis(config, ready, bob):
    redis = connect(config.redis_url)
    follow_action(ready)
    for user in (ready, bob):
        notify_lane(redis, user.id)
        submit_request(redis, user.id, f"row-{user.username}", request_id=None)
    erase(signed_in(ready), ready.id)
    assert found_in(redis, ready.id) == []
    assert found_in(redis, bob.id)


def found_in(redis, user_id):
    """The keys that name the user or hold the name."""
    return [key for key in redis.scan_iter() if user_id.encode() in key + (redis.dump(key) or b"")]


def test_without_redis_the_rest_goes_all_the_same_and_a_worker_finds_nobody(config, ready):
    notify_lane(runtime().redis, ready.id)
    runtime().redis = connect("redis://127.0.0.1:1/0")
    erase(signed_in(ready), ready.id)
    assert step(ready.id) is None


def test_the_memory_file_goes_and_so_does_what_another_machine_kept(ready, bob, ada):
    paths = [memory_path(user.id) for user in (ready, bob)]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"people")
    erase(signed_in(ada), ready.id)
    assert [path.exists() for path in paths] == [False, True]
    paths[0].write_bytes(b"people")
    delete_orphan_files()
    assert [path.exists() for path in paths] == [False, True]


def test_every_sign_in_ends_with_the_user(alice, ada):
    erase(signed_in(ada), alice.id)
    assert sessions.find(alice.token, "bearer") is None


def test_a_step_that_was_handed_out_makes_no_call(ready, ada):
    follow_action(ready)
    work = work_of(ready)
    erase(signed_in(ada), ready.id)
    with pytest.raises(BotException, match="USER_NOT_FOUND"):
        Step(ready.id, work).claim(work.pending[0])


def test_what_was_in_flight_is_recorded_for_nobody(config, ready, ada):
    follow_action(ready)
    work = work_of(ready)
    target = claimed(ready, work)
    erase(signed_in(ada), ready.id)
    for end in (
        lambda: Step(ready.id, work).finish(target, Outcome()),
        lambda: Step(ready.id, work).fail(target, BotException("INSTAGRAM_TIMEOUT")),
    ):
        with pytest.raises(BotException, match="USER_NOT_FOUND"):
            end()
    assert [name for name, rows in everything(config).items() if any(ready.id in row for row in rows)] == ["audit_log"]


def test_no_job_of_an_erased_user_breaks_a_worker_or_comes_again(ready, ada):
    erase(signed_in(ada), ready.id)
    assert step(ready.id) is None
    account_request(ready.id, "gone")
    request_abandoned(ready.id, "gone")


def test_it_is_audited_by_id_alone(alice, ada):
    erase(signed_in(ada), alice.id)
    with identity(reading=True) as session:
        row = session.scalars(select(AuditEntry).where(AuditEntry.event == "user_erased")).one()
    assert (row.actor_id, row.subject_id, row.detail) == (ada.id, alice.id, None)


def test_who_is_erased_twice_at_once_is_not_there_for_the_second(base_app, alice, ada):
    admin, ends, barrier = signed_in(ada), [], threading.Barrier(2)

    def erase_alice():
        with base_app.app_context():
            barrier.wait()
            try:
                erase(admin, alice.id)
                ends.append("erased")
            except BotException as error:
                ends.append(error.name)

    threads = [threading.Thread(target=erase_alice) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["USER_NOT_FOUND", "erased"]


def test_a_user_is_erased_while_a_worker_records_one_thing_after_the_other(base_app, ready, ada):
    begun, ends = threading.Event(), []

    def go_on():
        with base_app.app_context():
            try:
                while True:
                    with tenant(ready.id) as session:
                        locked_status(session)
                        record(session, "follow", "done")
                        session.commit()
                    begun.set()
            except BotException as error:
                ends.append(error.name)

    worker = threading.Thread(target=go_on)
    worker.start()
    begun.wait(20)
    erase(signed_in(ada), ready.id)
    worker.join()
    assert ends == ["USER_NOT_FOUND"]


def test_nobody_erases_a_stranger(alice, bob):
    with pytest.raises(BotException, match="USER_NOT_FOUND"):
        erase(signed_in(alice), bob.id)
    with identity(reading=True) as session:
        assert session.get(User, bob.id) is not None


def test_the_last_administrator_stays(ada, alice):
    with pytest.raises(BotException, match="LAST_ADMIN"):
        erase(signed_in(ada), ada.id)
    second = make_somebody("second", "admin")
    erase(signed_in(ada), ada.id)
    with pytest.raises(BotException, match="LAST_ADMIN"):
        erase(signed_in(second), second.id)


@postgresql
def test_it_is_done_by_the_role_that_row_level_security_holds_for(base_app, alice, ada):
    with identity(reading=True) as session:
        role = text("SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert tuple(session.execute(role).one()) == ("troupe_app", False)
    fill(alice)
    erase(signed_in(ada), alice.id)
    with identity(alice.id, reading=True) as session:
        assert session.get(User, alice.id) is None
    assert db.engine.dialect.name == "postgresql"
