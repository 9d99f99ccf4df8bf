"""The export: all that is stored of a user, nothing of anybody else, and nothing that opens a door."""

import csv
import io
import json
from dataclasses import replace
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from bot.auth.devices import remember_device
from bot.auth.throttle import ATTEMPT_LIMITS
from bot.contacts.do_not_contact import LeaveAlone, add_global
from bot.core.visitor import Visitor
from bot.operations.user_admin import UserChange, change_user
from bot.storage.models import Answer, Base, InstagramCredentials, User, UserSession
from bot.storage.tenancy import identity
from bot.users.data_export import NOT_EXPORTED, SECRET, columns_of, export, exported, opened_columns
from bot.vault.columns import sealed_columns
from tests.bot.driving import signed_in
from tests.support.attempts import refused, side_by_side
from tests.support.every_table import OF_NOBODY, fill, mark
from tests.support.people import VISITOR, give_valid_session

# What sounds like a secret and is none: what a message is recognised by, and the words that it has in common.
READABLE = {
    "users": {"totp_confirmed_at", "totp_last_step"},
    "messages": {"token", "digest"},
}
SOUNDS_SECRET = ("hash", "token", "secret", "password", "digest", "encrypted", "recovery", "totp")


def files_of(user):
    with export(user.id, VISITOR) as file, ZipFile(file) as archive:
        return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


def test_every_table_is_in_it_or_named_with_its_reason():
    assert {model.__tablename__ for model in exported()} | NOT_EXPORTED.keys() | OF_NOBODY.keys() == set(
        Base.metadata.tables
    )


def test_every_row_of_the_user_is_in_it_and_nobody_elses(alice, bob, ada):
    for user in (alice, bob):
        fill(user)
    add_global(signed_in(ada), LeaveAlone(username="somebody"))
    files = files_of(alice)
    for model in exported():
        rows = json.loads(files[f"{model.__tablename__}.json"])
        (row,) = rows
        assert row["id" if model is User else "user_id"] == alice.id
        assert row.keys() == {model.__mapper__.columns[name].name for name in columns_of(model)} | {
            *opened_columns(model).values()
        }
    everything = "".join(files.values())
    for foreign in (bob.id, mark(bob), ada.id, "somebody"):
        assert foreign not in everything.replace("somebody else", "")


def test_no_secret_is_in_it_sealed_or_not(alice):
    give_valid_session(alice.id, session_data="the session in the clear")
    fill(alice)
    with identity(alice.id, reading=True) as session:
        user = session.get_one(User, alice.id)
        hashes = [user.password, *session.scalars(select(UserSession.token_hash))]
        account = session.scalars(select(InstagramCredentials)).one()
    sealed = [getattr(account, name) for name in sealed_columns(InstagramCredentials)]
    text = "".join(files_of(alice).values())
    for secret in (*hashes, alice.token, "instagram secret", "the session in the clear"):
        assert secret not in text
    assert not [value for value in sealed if value and (value.hex() in text or repr(value) in text)]


def test_what_people_answered_is_in_it_in_the_clear_and_null_once_its_key_is_lost(alice):
    fill(alice)
    (row,) = json.loads(files_of(alice)["answers.json"])
    assert (row["text"], "text_encrypted" in row) == (mark(alice), False)
    with identity(alice.id) as session:
        answer = session.scalars(select(Answer)).one()
        answer.text_encrypted = b"\x01" + b"lost".ljust(16, b"\0") + answer.text_encrypted[17:]
        session.commit()
    (row,) = json.loads(files_of(alice)["answers.json"])
    assert row["text"] is None


@pytest.mark.parametrize("model", exported(), ids=lambda model: model.__tablename__)
def test_what_sounds_like_a_secret_is_left_out(model):
    shown = {model.__mapper__.columns[name].name for name in columns_of(model)}
    suspect = {name for name in shown if any(sound in name for sound in SOUNDS_SECRET)}
    suspect = {name for name in suspect if not name.startswith(("must_change", "first_password"))}
    assert suspect <= READABLE.get(model.__tablename__, set())


def test_the_readme_names_every_file_and_all_that_is_left_out(alice):
    files = files_of(alice)
    readme = files.pop("README.txt")
    assert all(f"\n{name}  " in readme for name in files)
    assert all(f"{table}.{name}" in readme for table, names in SECRET.items() for name in names)
    sealed = {model: set(sealed_columns(model)) - opened_columns(model).keys() for model in exported()}
    assert all(f"{model.__tablename__}.{name}" in readme for model, names in sealed.items() for name in names)
    assert all(table in readme for table in NOT_EXPORTED)


def test_the_activity_is_a_table_too(ready):
    rows = list(csv.DictReader(io.StringIO(files_of(ready)["activity.csv"])))
    assert [row["action"] for row in rows] == ["link"]


def test_what_was_done_to_the_login_is_in_it_without_who_or_where_from(alice, ada):
    change_user(signed_in(ada), alice.id, UserChange(email="a@example.org"))
    entries = json.loads(files_of(alice)["audit_log.json"])
    by = {entry["event"]: entry["by"] for entry in entries}
    assert by == {"user_created": "the server", "email_set": "somebody else", "data_exported": "you"}
    assert not [entry for entry in entries if "ip" in entry and entry["by"] != "you"]


def test_a_user_without_anything_gets_empty_lists(alice):
    assert json.loads(files_of(alice)["messages.json"]) == []


def take_along(user, visitor=VISITOR):
    export(user.id, visitor).close()


def test_a_user_has_a_few_in_a_quarter_of_an_hour_wherever_they_ask_from(alice, bob, clock):
    with identity() as session:
        known = replace(VISITOR, device=remember_device(session, session.get_one(User, alice.id), VISITOR).cookie)
        session.commit()
    elsewhere = Visitor("198.51.100.7", "tests")
    for visitor in (VISITOR, known, elsewhere):
        take_along(alice, visitor)
    for visitor in (VISITOR, known, elsewhere, Visitor("203.0.113.9", "tests")):
        assert refused(take_along, alice, visitor) == "TOO_MANY_ATTEMPTS"
    take_along(bob)
    clock.advance(minutes=15)
    take_along(alice)


def test_of_many_at_once_a_few_are_made(base_app, alice):
    outcomes = side_by_side(base_app, 8, lambda _: take_along(alice))
    assert 1 <= outcomes.count("passed") <= ATTEMPT_LIMITS["export"].account
    assert {*outcomes} <= {"passed", "TOO_MANY_ATTEMPTS", "TOO_MANY_AT_ONCE"}
