"""Recovery codes: how they are made and kept, and that each is taken once."""

import pytest
from sqlalchemy import select

from bot.auth import recovery_codes
from bot.storage.models import RecoveryCode
from bot.storage.tenancy import identity
from bot.users.second_factor_setup import SecondFactorCode, renew_recovery_codes, second_factor_report
from tests.support.attempts import refused, side_by_side
from tests.support.authenticators import switch_on, try_to_sign_in
from tests.support.people import VISITOR

pytestmark = pytest.mark.usefixtures("base_app")


def test_of_many_uses_of_a_recovery_code_at_once_one_passes(base_app, two_factored, unthrottled):
    names = side_by_side(base_app, 20, lambda _: try_to_sign_in(two_factored, two_factored.recovery_codes[0]))
    assert (names.count("passed"), names.count("WRONG_CODE")) == (1, 19)
    assert second_factor_report(two_factored.id).recovery_codes_left == 9


def test_a_recovery_code_stands_in_for_a_code_once(two_factored):
    first, second = two_factored.recovery_codes[:2]
    assert try_to_sign_in(two_factored, first)
    assert refused(try_to_sign_in, two_factored, first) == "WRONG_CODE"
    assert try_to_sign_in(two_factored, second.upper().replace("-", " "))
    assert second_factor_report(two_factored.id).recovery_codes_left == 8


def test_recovery_codes_are_ten_different_ones_of_eighty_bits(alice):
    codes = switch_on(alice).recovery_codes
    assert len({code[:4] for code in codes}) == recovery_codes.COUNT == 10
    assert all(len(set(code)) > 6 and len(code.replace("-", "")) == 16 for code in codes)
    assert len(set(recovery_codes._ALPHABET)) == 32


def test_recovery_codes_are_kept_as_passwords_are(strong, two_factored):
    with identity(two_factored.id) as session:
        rows = session.scalars(select(RecoveryCode)).all()
    assert len(rows) == 10
    assert all(row.code_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for row in rows)


def test_one_hash_is_reckoned_for_a_recovery_code_whether_its_beginning_is_known_or_not(two_factored, monkeypatch):
    reckoned = []
    monkeypatch.setattr(recovery_codes, "verify_password", lambda stored, _: reckoned.append(stored))
    for code in (two_factored.recovery_codes[3], "none-such-code-here"):
        assert refused(try_to_sign_in, two_factored, code) == "WRONG_CODE"
    assert [stored is None for stored in reckoned] == [False, True]


def test_new_recovery_codes_void_the_old_ones(two_factored, clock):
    code = SecondFactorCode(code=two_factored.app.code(clock.moment))
    fresh = renew_recovery_codes(two_factored.id, code, VISITOR)
    assert not set(fresh) & set(two_factored.recovery_codes)
    assert refused(try_to_sign_in, two_factored, two_factored.recovery_codes[0]) == "WRONG_CODE"
    assert try_to_sign_in(two_factored, fresh[0])


def test_new_recovery_codes_need_a_right_code(two_factored):
    assert refused(renew_recovery_codes, two_factored.id, SecondFactorCode(code="1"), VISITOR) == "WRONG_CODE"
    assert try_to_sign_in(two_factored, two_factored.recovery_codes[0])
