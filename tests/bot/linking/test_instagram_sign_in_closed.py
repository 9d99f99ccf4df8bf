"""Sign-in with an Instagram account while new users are refused: no answer reveals a known name."""

import pytest

from bot.auth.passwords import verify_password
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.linking import instagram_sign_in
from bot.storage.models import User
from bot.storage.tenancy import identity
from tests.bot.linking.test_instagram_sign_in import NAME, STRANGER, answer, asked_of, end_instagram_session, login
from tests.bot.linking.test_instagram_sign_in import _open as _open
from tests.bot.linking.test_instagram_sign_in import linked as linked
from tests.support.people import PASSWORD
from tests.support.statements import statements


@pytest.fixture
def closed(linked, alice):
    """Refuse new users. Return names that are known, disabled, never let in, and unknown."""
    login(STRANGER, "a guess", name="never.let.in")
    with identity() as session:
        user = session.get_one(User, alice.id)
        user.instagram_username, user.is_active = "disabled", False
        session.commit()
    runtime().config = runtime().config.model_copy(update={"allow_instagram_sign_in": False})
    return (NAME, "disabled", "never.let.in", "unknown")


@pytest.mark.parametrize("valid", [True, False])
def test_while_nobody_new_may_come_no_name_is_told_from_another(linked, closed, monkeypatch, valid):
    if not valid:
        end_instagram_session(linked)
    told, hashes = [], []

    def counted(*typed):
        hashes.append(typed)
        return verify_password(*typed)

    monkeypatch.setattr(instagram_sign_in, "verify_password", counted)
    for name in closed:
        password = PASSWORD if name == "disabled" else "a guess"
        with statements() as executed, pytest.raises(BotException) as error:
            login(STRANGER, password, name=name)
        told.append((error.value.name, error.value.message, executed, len(hashes)))
        hashes.clear()
    assert [one == told[0] for one in told] == [True] * len(closed)
    assert told[0][:2] == (
        "WRONG_CREDENTIALS",
        "The username or the password is wrong, or new accounts cannot sign in here.",
    )
    assert told[0][3] == 1
    assert asked_of(linked) == ["done"]


def test_while_nobody_new_may_come_who_is_known_goes_on(linked, closed):
    assert login().signed_in
    end_instagram_session(linked)
    assert login().answer.pending
    answer()
    assert login().signed_in
