"""Whatever strangers may try has an end, and the owner on a known device still gets in."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields, replace

import pytest
from sqlalchemy import func, select

from bot.auth.devices import KNOWN_FOR, MAX_KNOWN
from bot.auth.passwords import verify_password
from bot.auth.throttle import ATTEMPT_LIMITS, WINDOW, AttemptLimits, clear_attempts, record_attempt
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.operations.housekeeping import run_housekeeping
from bot.storage.models import Attempt, KnownDevice
from bot.storage.tenancy import identity
from bot.users.password_change import PasswordChange, change_password, new_first_password
from bot.users.sign_in import SignIn, sign_in
from tests.structure.source import ROOT
from tests.support.people import PASSWORD, VISITOR

pytestmark = pytest.mark.usefixtures("base_app")
PASSWORDS, MAILS = ATTEMPT_LIMITS["sign_in"], ATTEMPT_LIMITS["reset"]
every_kind = pytest.mark.parametrize("kind", sorted(ATTEMPT_LIMITS))


def somewhere(number):
    """A network of its own for each number."""
    return Visitor(f"198.51.{number // 256}.{number % 256}", "somebody")


def refused(kind, name, visitor):
    """Return the refusal of an attempt, or None if it passes."""
    try:
        record_attempt(kind, name, visitor)
    except BotException as refusal:
        return refusal.name
    return None


def attempt(password, visitor=VISITOR, name="alice"):
    return sign_in(SignIn(username=name, password=password), visitor)


def guess(visitor, name="alice"):
    """Return the result of a wrong password."""
    with pytest.raises(BotException) as refusal:
        attempt("wrong password", visitor, name)
    return refusal.value.name


def exhaust(name="alice"):
    """Strangers use up all that may be tried for an account."""
    for number in range(PASSWORDS.account):
        record_attempt("sign_in", name, somewhere(number))
    assert guess(somewhere(1000), name) == "TOO_MANY_SIGN_INS"


@every_kind
def test_each_count_ends_where_it_says(kind, monkeypatch):
    small = AttemptLimits(account_and_network=1, account=2, network=3, in_all=5, known_device=1)
    monkeypatch.setitem(ATTEMPT_LIMITS, kind, small)
    one, other, third, fourth = map(somewhere, range(4))
    assert [refused(kind, "alice", one) is None for _ in range(2)] == [True, False]
    assert refused(kind, "alice", other) is None
    assert refused(kind, "alice", third)
    assert [refused(kind, name, one) is None for name in ("bob", "eve", "zoe")] == [True, True, False]
    assert [refused(kind, "ida", network) is None for network in (third, fourth)] == [True, False]


@every_kind
def test_the_kinds_are_counted_apart(kind):
    for _ in range(ATTEMPT_LIMITS[kind].account_and_network):
        record_attempt(kind, "alice", VISITOR)
    assert {other for other in ATTEMPT_LIMITS if refused(other, "alice", VISITOR)} == {kind}


@every_kind
def test_where_nobody_is_named_no_account_is_counted(kind, monkeypatch):
    monkeypatch.setitem(
        ATTEMPT_LIMITS, kind, replace(ATTEMPT_LIMITS[kind], account_and_network=1, account=1, network=3)
    )
    assert [refused(kind, "", VISITOR) is None for _ in range(4)] == [True, True, True, False]


def test_refusals_are_named_after_what_was_tried():
    refusals = {}
    for kind, most in ATTEMPT_LIMITS.items():
        for _ in range(most.account_and_network):
            record_attempt(kind, "alice", VISITOR)
        refusals[kind] = refused(kind, "alice", VISITOR)
    sign_ins = {kind for kind, name in refusals.items() if name == "TOO_MANY_SIGN_INS"}
    attempts = {kind for kind, name in refusals.items() if name == "TOO_MANY_ATTEMPTS"}
    assert (sign_ins, attempts) == ({"sign_in", "code", "confirm"}, {"reset", "register", "verify", "export"})


def test_the_eleventh_wrong_password_is_refused_before_it_is_looked_at(alice, monkeypatch):
    looked_at = []

    def looking(stored, password):
        looked_at.append(password)
        return verify_password(stored, password)

    monkeypatch.setattr("bot.users.sign_in.verify_password", looking)
    assert [guess(VISITOR) for _ in range(11)] == ["WRONG_CREDENTIALS"] * 10 + ["TOO_MANY_SIGN_INS"]
    with pytest.raises(BotException, match="TOO_MANY_SIGN_INS"):
        attempt(PASSWORD)
    assert looked_at == ["wrong password"] * 10


def test_the_time_to_wait_is_the_one_after_which_it_passes(alice, clock):
    record_attempt("sign_in", "alice", VISITOR)
    clock.advance(minutes=5)
    for _ in range(9):
        record_attempt("sign_in", "alice", VISITOR)
    with pytest.raises(BotException) as refusal:
        attempt(PASSWORD)
    wait = refusal.value.meta["retry_after"]
    assert wait == 10 * 60
    clock.advance(seconds=wait - 1)
    assert guess(VISITOR) == "TOO_MANY_SIGN_INS"
    clock.advance(seconds=1)
    assert attempt(PASSWORD)


def test_being_refused_makes_nobody_wait_longer(alice, clock):
    assert [refused("sign_in", "alice", VISITOR) for _ in range(11)].count(None) == 10
    clock.advance(minutes=14)
    guess(VISITOR)
    clock.advance(minutes=1)
    assert attempt(PASSWORD)


def test_an_unknown_name_is_refused_like_a_known_one(alice):
    said = []
    for name in ("alice", "nobody"):
        exhaust(name)
        with pytest.raises(BotException) as refusal:
            attempt(PASSWORD, somewhere(2000), name)
        said.append((refusal.value.message, refusal.value.meta))
    assert said[0] == said[1]


def test_the_owner_on_a_known_device_gets_in_while_strangers_have_used_up_the_account(alice):
    at_home = replace(VISITOR, device=attempt(PASSWORD).device_token)
    exhaust()
    assert attempt(PASSWORD, at_home)
    assert attempt(PASSWORD, replace(somewhere(3000), device=at_home.device))
    with pytest.raises(BotException, match="TOO_MANY_SIGN_INS"):
        attempt(PASSWORD)


def test_the_owner_on_a_known_device_gets_in_while_everything_is_used_up(alice, monkeypatch):
    at_home = replace(VISITOR, device=attempt(PASSWORD).device_token)
    monkeypatch.setitem(ATTEMPT_LIMITS, "sign_in", replace(PASSWORDS, network=2, in_all=3))
    for number in range(3):
        assert guess(somewhere(number), f"name{number}") == "WRONG_CREDENTIALS"
    assert guess(VISITOR) == "TOO_MANY_SIGN_INS"
    assert attempt(PASSWORD, at_home)


def test_a_known_device_has_an_end_of_its_own(alice):
    at_home = replace(VISITOR, device=attempt(PASSWORD).device_token)
    at_work = replace(VISITOR, device=attempt(PASSWORD).device_token)
    for _ in range(PASSWORDS.known_device):
        record_attempt("sign_in", "alice", at_home)
    assert guess(at_home) == "TOO_MANY_SIGN_INS"
    assert attempt(PASSWORD, at_work)
    assert attempt(PASSWORD)
    assert guess(at_home) == "TOO_MANY_SIGN_INS"


def test_a_device_is_known_for_those_who_signed_in_on_it_only(alice, bob):
    shared = replace(VISITOR, device=attempt(PASSWORD, name="bob").device_token)
    exhaust()
    assert guess(shared) == "TOO_MANY_SIGN_INS"
    clear_attempts("sign_in", "alice", somewhere(0))
    both = replace(VISITOR, device=attempt(PASSWORD, shared).device_token)
    exhaust("bob")
    assert attempt(PASSWORD, both, "bob")
    assert attempt(PASSWORD, both)


@pytest.mark.parametrize("device", ["made up", "....", "a" * 200, "x.y.z"])
def test_a_device_that_nobody_gave_out_is_none(alice, device):
    made_up = replace(VISITOR, device=device)
    exhaust()
    assert guess(made_up) == "TOO_MANY_SIGN_INS"


def test_a_known_device_brings_the_same_again_and_is_forgotten_after_a_year_without_use(alice, clock):
    device = attempt(PASSWORD).device_token
    clock.advance(days=200)
    assert attempt(PASSWORD, replace(VISITOR, device=device)).device_token == device
    clock.advance(days=200)
    assert attempt(PASSWORD, replace(VISITOR, device=device)).device_token == device
    clock.advance(seconds=KNOWN_FOR.total_seconds())
    assert attempt(PASSWORD, replace(VISITOR, device=device)).device_token != device


def test_of_a_device_only_the_hash_is_kept_and_of_many_the_last(alice, clock):
    devices = []
    for _ in range(MAX_KNOWN + 1):
        clock.advance(minutes=1)
        devices.append(attempt(PASSWORD).device_token)
    with identity() as session:
        rows = session.scalars(select(KnownDevice)).all()
    assert len(rows) == MAX_KNOWN
    assert not {device for device in devices for row in rows if device in str(vars(row))}
    exhaust()
    assert attempt(PASSWORD, replace(VISITOR, device=devices[-1]))
    assert guess(replace(VISITOR, device=devices[0])) == "TOO_MANY_SIGN_INS"


def test_with_a_new_password_no_old_device_is_known(alice):
    old = replace(VISITOR, device=attempt(PASSWORD).device_token)
    change = PasswordChange(current_password=PASSWORD, new_password="a brand new phrase")
    new = replace(old, device=change_password(alice.id, change, old).device_token)
    exhaust()
    assert guess(old) == "TOO_MANY_SIGN_INS"
    assert attempt("a brand new phrase", new)
    made = new_first_password("alice").initial_password
    with pytest.raises(BotException, match="TOO_MANY_SIGN_INS"):
        attempt(made, new)


def test_strangers_keep_nobody_who_is_signed_in_from_changing_the_password(alice):
    exhaust()
    assert change_password(alice.id, PasswordChange(current_password=PASSWORD, new_password="a new phrase"), VISITOR)


def test_a_right_password_clears_what_was_wrong_before_it_and_nothing_of_others(alice):
    for name in ("alice", "bob"):
        for _ in range(9):
            record_attempt("sign_in", name, VISITOR)
    attempt(PASSWORD)
    assert [refused("sign_in", "alice", VISITOR) for _ in range(11)].count(None) == 10
    assert [guess(VISITOR, "bob") for _ in range(2)] == ["WRONG_CREDENTIALS", "TOO_MANY_SIGN_INS"]


def test_one_network_guesses_no_further_by_taking_many_names(alice):
    tried = [refused("sign_in", f"name{number}", VISITOR) for number in range(PASSWORDS.network + 1)]
    assert tried == [None] * PASSWORDS.network + ["TOO_MANY_SIGN_INS"]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1:2:3", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("no address", "no address"),
    ],
)
def test_a_network_is_an_address_or_the_64_of_one(address, network):
    assert Visitor(address, "").network == network


def test_many_at_once_pass_no_further_than_in_turn(base_app, alice):
    def at_once(number):
        with base_app.app_context():
            return refused("sign_in", "alice", somewhere(number))

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(at_once, range(PASSWORDS.account + 20)))
    assert outcomes.count(None) == PASSWORDS.account


def test_what_counts_no_more_is_removed(alice, clock):
    attempt(PASSWORD)
    guess(VISITOR)
    clock.advance(days=200)
    attempt(PASSWORD)
    record_attempt("verify", "", VISITOR)
    run_housekeeping()
    assert (rows(Attempt), rows(KnownDevice)) == (1, 2)
    clock.advance(days=200)
    run_housekeeping()
    assert (rows(Attempt), rows(KnownDevice)) == (0, 1)


def rows(model):
    with identity(reading=True) as session:
        return session.scalar(select(func.count(model.id)))


def test_the_figures_are_those_of_the_document():
    rows = re.findall(r"^\| `(\w+)`[^|]*\| ([\d |]+) \|$", (ROOT / "docs" / "security.md").read_text(), re.MULTILINE)
    documented = {kind: tuple(map(int, figures.split(" | "))) for kind, figures in rows}
    assert documented == {kind: tuple(asdict(most).values()) for kind, most in ATTEMPT_LIMITS.items()}
    assert len(fields(AttemptLimits)) == len(documented["sign_in"])
    assert WINDOW.total_seconds() == 15 * 60
