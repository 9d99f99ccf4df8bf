"""Change of the master key: everything is sealed again during operation, and no key is removed too early."""

import base64
import hashlib
import threading

import pytest
from flask import current_app
from sqlalchemy import inspect, select, text

from bot.app import create_base_app
from bot.config.environment import ConfigError
from bot.core.errors import BotException
from bot.linking.stored_sessions import load_instagram_session, store_instagram_session
from bot.operations.key_rotation import Rotation, count_values, key_states, reseal, rotate, sealed_models
from bot.operations.release import register_keys, verify_keys
from bot.storage.models import InstagramCredentials, User, VaultKey
from bot.storage.tenancy import identity, tenant
from bot.vault.cipher import Vault, init_vault, key_of
from bot.vault.columns import sealed_columns, unseal
from tests.support.environment import KEY, config_for, dispose
from tests.support.every_table import fill, mark
from tests.support.people import give_valid_session

OLD = base64.b64decode(KEY.partition(":")[2])
NEW = hashlib.sha256(b"another key for tests").digest()
BOTH = {"t2": NEW, "t1": OLD}
NEW_KEY = "t2:" + base64.b64encode(NEW).decode()


@pytest.fixture
def people(alice, bob):
    """alice and bob with a row in every table, sealed by the old key; from now on the new one seals."""
    for user in (alice, bob):
        fill(user)
    with_keys(BOTH)
    return [alice, bob]


def with_keys(keys):
    init_vault(current_app, Vault(keys))
    register_keys()


def quiet(_line):
    pass


def of_users():
    """The tables with sealed columns whose rows are users'."""
    return [model for model in sealed_models() if model is User or hasattr(model, "user_id")]


def sealed_of(user):
    """Row, column and value of everything that is sealed for the user."""
    found = []
    with identity(user.id, reading=True) as session:
        for model in of_users():
            owner = User.id if model is User else model.user_id
            for row in session.scalars(select(model).where(owner == user.id)):
                found += [(row, name, getattr(row, name)) for name in sealed_columns(model)]
    return found


def test_everything_of_everybody_is_sealed_anew_and_opens_as_before(people):
    assert {key for _, key in count_values()} == {"t1"}
    done = rotate(quiet)
    assert (done.refused, done.overtaken, done.retired) == ([], 0, ["t1"])
    assert done.renewed == sum(count_values().values()) > 0
    assert {key for _, key in count_values()} == {"t2"}
    for user in people:
        found = sealed_of(user)
        assert {type(row) for row, _, _ in found} == set(of_users())
        for row, name, value in found:
            assert (key_of(value), unseal(row, name)) == ("t2", mark(user))


def test_every_sealed_column_of_the_metadata_is_among_them(people):
    counted = {column for column, _ in count_values()}
    assert counted == {f"{model.__tablename__}.{name}" for model in of_users() for name in sealed_columns(model)}


def test_a_second_time_there_is_nothing_to_do(people):
    rotate(quiet)
    done = rotate(quiet)
    assert (done.renewed, done.retired) == (0, [])


def test_broken_off_it_goes_on_where_it_was(people, monkeypatch):
    monkeypatch.setattr("bot.operations.key_rotation.PROGRESS_INTERVAL", 1)

    def break_off(_line):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(break_off)
    keys = {key for _, key in count_values()}
    assert keys == {"t1", "t2"}
    left = sum(count for (_, key), count in count_values().items() if key == "t1")
    assert rotate(quiet).renewed == left
    assert {key for _, key in count_values()} == {"t2"}


def test_what_was_changed_meanwhile_is_not_overwritten(base_app, alice):
    give_valid_session(alice.id, session_data="yesterday")
    with_keys(BOTH)
    with tenant(alice.id, reading=True) as session:
        rows = session.scalars(select(InstagramCredentials)).all()
    store_instagram_session(alice.id, load_instagram_session(alice.id).version, "today")
    done = Rotation()
    reseal(InstagramCredentials, alice.id, rows, done)
    assert done.overtaken == 1
    assert load_instagram_session(alice.id).text == "today"


def test_while_a_worker_keeps_storing_sessions_nothing_is_lost(base_app, alice):
    give_valid_session(alice.id, session_data="0")
    with_keys(BOTH)
    version, failures, done = load_instagram_session(alice.id).version, [], threading.Event()

    def work():
        with base_app.app_context():
            try:
                for number in range(1, 40):
                    store_instagram_session(alice.id, version, str(number))
                    if load_instagram_session(alice.id).text != str(number):
                        failures.append(number)
            finally:
                done.set()

    worker = threading.Thread(target=work)
    worker.start()
    while not done.is_set():
        rotate(quiet)
    worker.join()
    assert failures == []
    assert load_instagram_session(alice.id).text == "39"


def test_what_does_not_open_is_named_without_its_content_and_keeps_its_key(people):
    alice = people[0]
    with tenant(alice.id) as session:
        account = session.scalars(select(InstagramCredentials)).one()
        broken = bytearray(account.password_encrypted)
        broken[-1] ^= 1
        account.password_encrypted = bytes(broken)
        session.commit()
    done = rotate(quiet)
    assert done.refused == [f"instagram_credentials.password_encrypted of row {account.id} (key t1)"]
    assert done.retired == []
    with pytest.raises(ConfigError, match="t1 is missing"):
        with_keys({"t2": NEW})


def test_a_key_is_taken_away_once_nothing_needs_it_and_not_before(people, config, database_url, redis_url, tmp_path):
    alone = config_for(tmp_path, database_url, redis_url, encryption_keys=NEW_KEY)
    with pytest.raises(ConfigError, match=r"key t1 is missing.*vault rotate"):
        create_base_app(alone)
    rotate(quiet)
    app = create_base_app(alone)
    with app.app_context():
        for row, name, _ in sealed_of(people[0]):
            assert unseal(row, name) == mark(people[0])
    dispose(app)


def test_without_a_key_that_is_gone_for_good_it_starts_where_that_is_said(people, database_url, redis_url, tmp_path):
    said = config_for(tmp_path, database_url, redis_url, encryption_keys=NEW_KEY, lost_encryption_keys="t0, t1")
    app = create_base_app(said)
    with app.app_context():
        (state,) = [state for state in key_states(count_values()) if state.id == "t1"]
        assert (state.configured, state.lost, state.values > 0) == (False, True, True)
        row, name, _ = sealed_of(people[0])[0]
        with pytest.raises(BotException, match="VAULT_REFUSED"):
            unseal(row, name)
        assert len(rotate(quiet).refused) == sum(count_values().values())
    dispose(app)


def test_a_retired_key_that_is_put_first_again_is_needed_again(people):
    rotate(quiet)
    with_keys({"t1": OLD, "t2": NEW})
    with identity(reading=True) as session:
        assert session.get_one(VaultKey, "t1").retired_at is None
    init_vault(current_app, Vault({"t2": NEW}))
    with pytest.raises(ConfigError, match="t1 is missing"):
        verify_keys()


def test_the_commands_say_what_is_needed_and_what_was_done(base_app, people):
    run = base_app.test_cli_runner()
    before = run.invoke(args=["vault", "status"])
    assert before.exit_code == 0
    assert "key t2: 0 values, the first, which seals" in before.output
    assert "instagram_credentials.session_data_encrypted     2" in before.output
    rotated = run.invoke(args=["vault", "rotate"])
    assert rotated.exit_code == 0
    assert "key t1 is no longer needed and may be removed" in rotated.output
    assert "key t1: 0 values, not needed by any value, may be removed" in run.invoke(args=["vault", "status"]).output
    assert mark(people[0]) not in before.output + rotated.output


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_it_is_done_by_the_role_that_row_level_security_holds_for(people):
    with identity(reading=True) as session:
        query = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        assert session.scalars(text(query)).one() is False
    assert rotate(quiet).renewed > 0
    assert {key for _, key in count_values()} == {"t2"}


def test_every_table_with_sealed_columns_can_be_paged(base_app):
    assert all("id" in inspect(model).columns for model in sealed_models())
