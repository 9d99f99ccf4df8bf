"""The second factor: which codes are taken, that each is taken once, and that no way in goes past it."""

from datetime import UTC, datetime

import pyotp
import pytest
from sqlalchemy import select, update

from bot.auth.second_factor import matching_step
from bot.auth.sessions import sessions
from bot.auth.throttle import ATTEMPT_LIMITS
from bot.core.errors import BotException
from bot.mail.links import issue
from bot.storage.models import AuditEntry, User
from bot.storage.tenancy import identity
from bot.users.password_change import (
    PasswordChange,
    PasswordInitialization,
    change_password,
    initialize_password,
    new_first_password,
)
from bot.users.password_reset import reset_password
from bot.users.reauthentication import Confirmation, is_confirmed
from bot.users.reauthentication import confirm as confirm_again
from bot.users.second_factor_setup import (
    SecondFactorCode,
    begin_setup,
    begun_setup,
    confirm_setup,
    renew_recovery_codes,
    reset_second_factor,
    second_factor_report,
    switch_off,
)
from bot.users.sign_in import check_password, start_session
from bot.vault.cipher import current_vault
from tests.bot.driving import signed_in
from tests.support.attempts import refused, side_by_side
from tests.support.authenticators import STEP, Authenticator, switch_on, try_to_sign_in
from tests.support.mails import mails_to, verified
from tests.support.people import PASSWORD, VISITOR

pytestmark = pytest.mark.usefixtures("base_app")
NEW = "a brand new phrase"


def events():
    with identity(reading=True) as session:
        return session.scalars(select(AuditEntry.event)).all()


def test_the_codes_are_those_of_rfc_6238():
    """The vectors of its appendix B for SHA-1, cut to six digits, through the check of ours."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for seconds, digits in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        moment = datetime.fromtimestamp(seconds, UTC)
        assert matching_step(secret, digits, moment) == seconds // 30


@pytest.mark.parametrize(
    ("seconds", "taken"), [(-31, False), (-30, True), (0, True), (29.9, True), (30, True), (59.9, True), (60, False)]
)
def test_a_code_is_taken_in_its_step_and_the_ones_beside_it(two_factored, clock, seconds, taken):
    clock.advance(minutes=5)
    code = two_factored.app.code(clock.moment)
    clock.advance(seconds=seconds)
    if taken:
        assert try_to_sign_in(two_factored, code)
    else:
        assert refused(try_to_sign_in, two_factored, code) == "WRONG_CODE"


def test_spaces_in_a_code_do_not_matter(two_factored, clock):
    code = two_factored.app.code(clock.moment)
    assert try_to_sign_in(two_factored, f" {code[:3]} {code[3:]}")


@pytest.mark.parametrize("code", ["000000", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "-", "' OR 1=1 --", "0" * 32])
def test_other_codes_are_wrong(two_factored, code):
    assert refused(try_to_sign_in, two_factored, code) == "WRONG_CODE"


def test_without_a_code_it_is_asked_for_once_the_password_is_right_and_not_before(two_factored):
    assert (
        refused(try_to_sign_in, two_factored) == refused(try_to_sign_in, two_factored, "") == "SECOND_FACTOR_REQUIRED"
    )
    assert refused(try_to_sign_in, two_factored, None, "a guess") == "WRONG_CREDENTIALS"
    assert refused(try_to_sign_in, two_factored, "123456", "a guess") == "WRONG_CREDENTIALS"


def test_a_code_that_nobody_asked_for_does_not_matter(alice):
    assert try_to_sign_in(alice, "123456")


def test_a_code_is_taken_once(two_factored, clock):
    code = two_factored.app.code(clock.moment)
    assert try_to_sign_in(two_factored, code)
    assert refused(try_to_sign_in, two_factored, code) == "WRONG_CODE"


def test_an_older_code_than_the_last_one_is_refused(two_factored, clock):
    clock.advance(minutes=5)
    older, code = two_factored.app.code(clock.moment - STEP), two_factored.app.code(clock.moment)
    assert try_to_sign_in(two_factored, code)
    assert refused(try_to_sign_in, two_factored, older) == "WRONG_CODE"


def test_the_code_that_switched_it_on_does_not_sign_in(alice, clock):
    alice = switch_on(alice)
    assert refused(try_to_sign_in, alice, alice.app.code(clock.moment)) == "WRONG_CODE"


def test_of_fifty_right_codes_at_once_one_passes(base_app, two_factored, clock, unthrottled):
    code = two_factored.app.code(clock.moment)
    names = side_by_side(base_app, 50, lambda _: try_to_sign_in(two_factored, code))
    assert (names.count("passed"), names.count("WRONG_CODE")) == (1, 49)


def test_the_throttle_ends_the_guessing_of_codes(two_factored, clock):
    for _ in range(ATTEMPT_LIMITS["code"].account_and_network):
        assert refused(try_to_sign_in, two_factored, "000000") == "WRONG_CODE"
    right = two_factored.app.code(clock.moment)
    assert refused(try_to_sign_in, two_factored, right) == "TOO_MANY_SIGN_INS"


def test_who_knows_only_the_password_cannot_ask_for_the_code_again_and_again(two_factored):
    for _ in range(ATTEMPT_LIMITS["sign_in"].account_and_network):
        assert refused(try_to_sign_in, two_factored) == "SECOND_FACTOR_REQUIRED"
    assert refused(try_to_sign_in, two_factored) == "TOO_MANY_SIGN_INS"


def test_the_code_of_another_user_is_wrong(two_factored, bob, clock):
    bob = switch_on(bob)
    clock.advance(seconds=30)
    assert refused(try_to_sign_in, two_factored, bob.app.code(clock.moment)) == "WRONG_CODE"
    assert refused(try_to_sign_in, two_factored, bob.recovery_codes[0]) == "WRONG_CODE"


def test_it_counts_once_the_first_right_code_has_come(alice, clock):
    setup = begin_setup(alice.id, VISITOR)
    assert try_to_sign_in(alice)
    assert refused(confirm_setup, alice.id, SecondFactorCode(code="000000"), VISITOR) == "WRONG_CODE"
    assert try_to_sign_in(alice)
    confirm_setup(alice.id, SecondFactorCode(code=Authenticator(setup.secret).code(clock.moment)), VISITOR)
    assert refused(try_to_sign_in, alice) == "SECOND_FACTOR_REQUIRED"


def test_what_an_app_gets_is_a_secret_of_160_bits_in_an_address_that_it_knows(alice):
    setup = begin_setup(alice.id, VISITOR)
    read = pyotp.parse_uri(setup.uri)
    assert isinstance(read, pyotp.TOTP)
    assert (read.secret, read.name, read.issuer, read.digits, read.interval) == (setup.secret, "alice", "Troupe", 6, 30)
    assert len(read.byte_secret()) == 20
    assert setup.qr.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "style" not in setup.qr


def test_the_secret_is_shown_only_until_it_is_confirmed(alice):
    assert refused(begun_setup, alice.id) == "SECOND_FACTOR_OFF"
    setup = begin_setup(alice.id, VISITOR)
    assert begun_setup(alice.id) == setup
    switch_on(alice)
    assert refused(begun_setup, alice.id) == refused(begin_setup, alice.id, VISITOR) == "SECOND_FACTOR_ON"


def test_a_setup_that_is_begun_again_voids_the_one_of_before(alice, clock):
    first = Authenticator(begin_setup(alice.id, VISITOR).secret)
    begin_setup(alice.id, VISITOR)
    assert refused(confirm_setup, alice.id, SecondFactorCode(code=first.code(clock.moment)), VISITOR) == "WRONG_CODE"


def test_of_many_confirmations_at_once_one_passes(base_app, alice, clock, unthrottled):
    code = SecondFactorCode(code=Authenticator(begin_setup(alice.id, VISITOR).secret).code(clock.moment))
    names = side_by_side(base_app, 8, lambda _: confirm_setup(alice.id, code, VISITOR))
    assert names.count("passed") == 1
    assert set(names) <= {"passed", "WRONG_CODE", "SECOND_FACTOR_ON"}
    assert second_factor_report(alice.id).recovery_codes_left == 10


def test_the_secret_is_sealed_for_its_user_and_its_purpose(alice, bob):
    secret = begin_setup(alice.id, VISITOR).secret
    with identity() as session:
        sealed = session.get(User, alice.id).totp_secret_encrypted
        assert secret.encode() not in sealed
        session.execute(update(User).where(User.id == bob.id).values(totp_secret_encrypted=sealed))
        session.commit()
    assert refused(begun_setup, bob.id) == "VAULT_REFUSED"
    with pytest.raises(BotException, match="VAULT_REFUSED"):
        current_vault().open(sealed, purpose="instagram_password", user_id=alice.id, row=alice.id)


def test_switching_it_on_or_off_ends_every_other_sign_in_and_gives_a_new_one(alice, clock):
    other = try_to_sign_in(alice)
    done = switch_on(alice)
    assert [sessions.find(token, "bearer") for token in (alice.token, other.token)] == [None, None]
    assert sessions.find(done.token, "bearer").has_second_factor
    clock.advance(seconds=30)
    off = switch_off(alice.id, SecondFactorCode(code=done.app.code(clock.moment)), VISITOR)
    assert sessions.find(done.token, "bearer") is None
    assert not sessions.find(off.token, "bearer").has_second_factor
    assert try_to_sign_in(alice)


@pytest.mark.parametrize("by", ["app", "recovery"])
def test_it_is_switched_off_by_a_code_of_the_app_or_a_recovery_code(two_factored, clock, by):
    code = two_factored.app.code(clock.moment) if by == "app" else two_factored.recovery_codes[0]
    switch_off(two_factored.id, SecondFactorCode(code=code), VISITOR)
    report = second_factor_report(two_factored.id)
    assert (report.on, report.since, report.recovery_codes_left) == (False, None, 0)
    with identity() as session:
        assert session.get(User, two_factored.id).totp_secret_encrypted is None


def test_without_a_right_code_it_stays_on(two_factored):
    assert refused(switch_off, two_factored.id, SecondFactorCode(code="000000"), VISITOR) == "WRONG_CODE"
    assert second_factor_report(two_factored.id).on
    assert sessions.find(two_factored.token, "bearer")


def test_a_code_that_was_used_is_refused_also_after_it_was_off_in_between(two_factored, clock):
    used = two_factored.app.code(clock.moment)
    switch_off(two_factored.id, SecondFactorCode(code=used), VISITOR)
    begin_setup(two_factored.id, VISITOR)
    with identity() as session:
        assert session.get(User, two_factored.id).totp_last_step == int(clock.moment.timestamp()) // 30


def test_what_is_not_on_is_neither_switched_off_nor_has_codes(alice):
    for call in (switch_off, renew_recovery_codes):
        assert refused(call, alice.id, SecondFactorCode(code="000000"), VISITOR) == "SECOND_FACTOR_OFF"


def test_an_administrator_resets_what_somebody_has_lost(two_factored, ada):
    reset_second_factor(two_factored.id, signed_in(ada))
    assert sessions.find(two_factored.token, "bearer") is None
    assert try_to_sign_in(two_factored)
    with identity(reading=True) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "second_factor_reset")).one()
    assert (entry.actor_id, entry.subject_id) == (ada.id, two_factored.id)


def test_nobody_resets_their_own(ada):
    ada = switch_on(ada)
    assert refused(reset_second_factor, ada.id, signed_in(ada)) == "OWN_RIGHTS"
    assert second_factor_report(ada.id).on


def test_there_is_nothing_to_reset_where_none_is_on(alice, ada):
    begin_setup(alice.id, VISITOR)
    assert refused(reset_second_factor, alice.id, signed_in(ada)) == "SECOND_FACTOR_OFF"


def test_who_runs_the_server_resets_it_by_a_command(base_app, two_factored):
    runner = base_app.test_cli_runner()
    assert "alice" in runner.invoke(args=["reset-second-factor", "alice"]).output
    assert try_to_sign_in(two_factored)
    assert runner.invoke(args=["reset-second-factor", "alice"]).exit_code == 1
    assert runner.invoke(args=["reset-second-factor", "nobody"]).exit_code == 1


def test_all_of_it_is_audited(two_factored, clock):
    refused(try_to_sign_in, two_factored)
    refused(try_to_sign_in, two_factored, "000000")
    try_to_sign_in(two_factored, two_factored.recovery_codes[0])
    renew_recovery_codes(two_factored.id, SecondFactorCode(code=two_factored.app.code(clock.moment)), VISITOR)
    switch_off(two_factored.id, SecondFactorCode(code=two_factored.app.code(clock.moment + STEP)), VISITOR)
    switching = {"second_factor_begun", "second_factor_on", "recovery_codes_made", "second_factor_off"}
    assert switching | {"code_asked", "code_refused", "code_used", "recovery_code_used"} <= set(events())
    with identity() as session:
        nowhere = select(AuditEntry.event).where(AuditEntry.ip.is_(None), AuditEntry.event != "user_created")
        assert session.scalars(nowhere).all() == []


def test_a_change_of_the_first_password_of_an_administrator_needs_it(ada, clock):
    ada = switch_on(ada)
    clock.advance(seconds=30)
    values = {"username": "ada", "current_password": PASSWORD, "new_password": NEW}
    assert refused(initialize_password, PasswordInitialization(**values), VISITOR) == "SECOND_FACTOR_REQUIRED"
    wrong = PasswordInitialization(**values, code="000000")
    assert refused(initialize_password, wrong, VISITOR) == "WRONG_CODE"
    assert refused(try_to_sign_in, ada, None, NEW) == "WRONG_CREDENTIALS"
    right = PasswordInitialization(**values, code=ada.app.code(clock.moment))
    assert initialize_password(right, VISITOR).token


def test_a_new_first_password_does_not_go_past_it(two_factored, clock):
    made = new_first_password("alice").initial_password
    assert refused(try_to_sign_in, two_factored, None, made) == "SECOND_FACTOR_REQUIRED"
    assert try_to_sign_in(two_factored, two_factored.app.code(clock.moment), made)


def test_a_change_of_the_password_leaves_it_on_and_needs_a_sign_in_that_has_passed_it(two_factored):
    change_password(two_factored.id, PasswordChange(current_password=PASSWORD, new_password=NEW), VISITOR)
    assert refused(try_to_sign_in, two_factored, None, NEW) == "SECOND_FACTOR_REQUIRED"


def test_confirming_that_it_is_you_needs_it(two_factored, clock):
    who = signed_in(two_factored)
    assert refused(confirm_again, who, Confirmation(password=PASSWORD), VISITOR) == "SECOND_FACTOR_REQUIRED"
    assert refused(confirm_again, who, Confirmation(password=PASSWORD, code="000000"), VISITOR) == "WRONG_CODE"
    clock.advance(minutes=20)
    assert not is_confirmed(signed_in(two_factored))
    confirm_again(who, Confirmation(password=PASSWORD, code=two_factored.app.code(clock.moment)), VISITOR)
    assert is_confirmed(signed_in(two_factored))


def test_a_password_that_was_reset_by_mail_does_not_go_past_it(two_factored, clock):
    verified(two_factored.id, "alice@example.org")
    with identity() as session:
        token = issue(session, two_factored.id, "reset", "alice@example.org")
        session.commit()
    reset_password(token, NEW, VISITOR)
    assert refused(try_to_sign_in, two_factored, None, NEW) == "SECOND_FACTOR_REQUIRED"
    assert try_to_sign_in(two_factored, two_factored.app.code(clock.moment), NEW)


def test_what_happens_to_it_is_told_by_mail(two_factored, ada, clock):
    verified(two_factored.id, "alice@example.org")
    try_to_sign_in(two_factored, two_factored.recovery_codes[0])
    switch_off(two_factored.id, SecondFactorCode(code=two_factored.app.code(clock.moment)), VISITOR)
    clock.advance(minutes=1)
    again = switch_on(two_factored)
    reset_second_factor(again.id, signed_in(ada))
    mails = mails_to("alice@example.org")
    assert sorted(mail.subject for mail in mails) == [
        "A recovery code was used",
        "Your second factor was turned off",
        "Your second factor was turned off",
        "Your second factor was turned on",
    ]
    for mail in mails:
        assert not [secret for secret in (again.app.secret, *two_factored.recovery_codes) if secret in mail.text]


def test_an_address_that_nobody_verified_is_told_nothing(two_factored, clock):
    with identity() as session:
        session.get(User, two_factored.id).email = "a.stranger@example.org"
        session.commit()
    switch_off(two_factored.id, SecondFactorCode(code=two_factored.app.code(clock.moment)), VISITOR)
    assert mails_to("a.stranger@example.org") == []


def test_who_began_to_sign_in_before_it_was_switched_on_is_not_let_in(alice):
    checked = check_password("alice", PASSWORD, VISITOR)
    switch_on(alice)
    assert refused(start_session, checked, VISITOR, "usual") == "WRONG_CREDENTIALS"
