"""Passwords are hashed in one form; hashing takes as many cores as there are, and no more memory than that."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import bcrypt
import pytest

from bot.auth import passwords
from bot.auth.passwords import check_new_password, hash_password, needs_rehash, verify_password
from bot.core.errors import BotException

CORES = len(os.sched_getaffinity(0))


def test_however_many_sign_in_a_core_works_on_one(monkeypatch):
    threads, together, most = set(), 0, 0
    lock = threading.Lock()

    def matching(stored, password):
        nonlocal together, most
        with lock:
            threads.add(threading.current_thread().name)
            together += 1
            most = max(most, together)
        matches = found(stored, password)
        with lock:
            together -= 1
        return matches

    found = passwords._matches
    monkeypatch.setattr(passwords, "_matches", matching)
    stored = hash_password("a phrase of mine")
    with ThreadPoolExecutor(16) as crowd:
        results = list(crowd.map(lambda number: verify_password(stored, "a phrase of mine" * (number % 2)), range(16)))
    assert results == [False, True] * 8
    assert most <= CORES
    assert len(threads) <= CORES


COMPOSED, APART = "Zo\u00eb and Chlo\u00eb 2024", "Zoe\u0308 and Chloe\u0308 2024"
SAME = [
    (COMPOSED, APART),
    ("Ｃｏｒｒｅｃｔ　ｈｏｒｓｅ", "Correct horse"),
    ("ｶﾌｪ no password", "カフェ no password"),
    ("o\ufb03ce of mine", "office of mine"),
    ("\ud55c\uad6d password", "\u1112\u1161\u11ab\u1100\u116e\u11a8 password"),
    ("A\u030angstrom units", "\u212bngstrom units"),
]


@pytest.mark.parametrize(("one", "other"), [*SAME, *(pair[::-1] for pair in SAME)])
def test_a_password_is_right_in_whatever_form_a_keyboard_gives_it(one, other):
    assert verify_password(hash_password(one), other)
    assert not needs_rehash(hash_password(one), other)
    assert not verify_password(hash_password(one), f"{other}!")


@pytest.mark.parametrize(
    ("set_as", "typed"), [(APART, APART), (APART, COMPOSED), (COMPOSED, APART), ("Ｃｏｒｒｅｃｔ　ｈｏｒｓｅ",) * 2]
)
@pytest.mark.parametrize(
    "old_hash", [passwords._argon2.hash, lambda text: bcrypt.hashpw(text.encode(), bcrypt.gensalt(4)).decode()]
)
def test_a_hash_of_what_was_typed_before_goes_on_and_is_renewed(old_hash, set_as, typed):
    stored = old_hash(set_as)
    assert verify_password(stored, typed)
    assert not verify_password(stored, f"{typed}!")
    renewed = needs_rehash(stored, typed)
    assert renewed == (stored.startswith("$2") or set_as != passwords.one_form(set_as))


def test_an_ascii_password_is_hashed_once_whether_it_is_right_or_wrong(monkeypatch):
    stored, reckoned, found = hash_password("a phrase of mine"), [], passwords._matches

    def matching(against, password):
        reckoned.append(password)
        return found(against, password)

    monkeypatch.setattr(passwords, "_matches", matching)
    assert verify_password(stored, "a phrase of mine")
    assert not verify_password(stored, "a phrase of yours")
    assert not needs_rehash(stored, "a phrase of mine")
    assert len(reckoned) == 2


def test_an_unknown_name_costs_as_much_as_a_wrong_password(monkeypatch):
    stored, reckoned = hash_password(COMPOSED), []
    passwords._dummy_hash()

    def matching(_against, password):
        reckoned.append(password)
        return False

    monkeypatch.setattr(passwords, "_matches", matching)
    assert not verify_password(stored, f"{APART} ｘ")
    known = len(reckoned)
    assert not verify_password(None, f"{APART} ｘ")
    assert len(reckoned) == 2 * known


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("ｐａｓｓｗｏｒｄ１２３", "PASSWORD_TOO_COMMON"),
        ("my ｔｒｏｕｐｅ of bots", "PASSWORD_IS_NAME"),
        ("e\u0301" * 2 + "abcdefg", "PASSWORD_TOO_SHORT"),
        ("\ufdfaabc", "PASSWORD_TOO_SHORT"),
        (APART, "PASSWORD_UNCHANGED"),
    ],
)
def test_a_new_password_is_judged_by_the_form_that_is_hashed(password, refusal):
    with pytest.raises(BotException, match=refusal):
        check_new_password(password, "alice", COMPOSED)
