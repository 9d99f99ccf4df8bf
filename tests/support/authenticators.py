"""An authenticator app, and people who use one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp

from bot.config.runtime import now
from bot.users.second_factor_setup import SecondFactorCode, begin_setup, confirm_setup
from bot.users.sign_in import SignedIn, SignIn, sign_in
from tests.support.people import PASSWORD, VISITOR, Somebody

STEP = timedelta(seconds=30)


@dataclass(frozen=True)
class Authenticator:
    """An app that shows the codes of one secret."""

    secret: str

    def code(self, moment: datetime) -> str:
        return pyotp.TOTP(self.secret).at(moment)


@dataclass(frozen=True)
class TwoFactored(Somebody):
    """A user with a second factor. The code of the step in which it was confirmed is used up."""

    app: Authenticator = Authenticator("")
    recovery_codes: tuple[str, ...] = ()


def switch_on(somebody: Somebody) -> TwoFactored:
    """Turn the second factor on. The earlier sign-in has ended."""
    app = Authenticator(begin_setup(somebody.id, VISITOR).secret)
    done = confirm_setup(somebody.id, SecondFactorCode(code=app.code(now())), VISITOR)
    return TwoFactored(
        somebody.id, somebody.username, done.signed_in.token, somebody.password, app, tuple(done.recovery_codes)
    )


def try_to_sign_in(somebody: Somebody, code: str | None = None, password: str = PASSWORD) -> SignedIn:
    return sign_in(SignIn(username=somebody.username, password=password, code=code), VISITOR)
