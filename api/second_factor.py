"""Your second factor, and the reset of a lost one."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from api.answers import Answer
from api.auth import SignedInAnswer
from api.blueprint import blueprint, raises
from bot.users import second_factor_setup
from bot.users.second_factor_setup import SecondFactor, SecondFactorCode, Setup, SwitchedOn
from middleware.access import allow_second_factor_setup, me, require_confirmed, require_role, signed_in, visitor

bp = blueprint("second_factor", "Second factor")
REFUSED = ("WRONG_CODE", "TOO_MANY_SIGN_INS", "VAULT_REFUSED", "USER_NOT_FOUND")
CODES = "Each stands in for a code of the app, once. They are not shown again."


class SecondFactorAnswer(Answer):
    """The state of the second factor."""

    on: bool
    since: datetime | None
    recovery_codes_left: int
    required: bool = Field(description="Whether this role requires it.")

    @classmethod
    def of(cls, report: SecondFactor) -> Self:
        return cls.model_validate(report)


class SetupAnswer(Answer):
    """The data an authenticator app needs. The factor is on once a code of the app is confirmed."""

    secret: str = Field(description="In base32, to type it if no QR code can be read.")
    otpauth_uri: str = Field(description="The same as a URL that apps open.")
    qr_svg: str = Field(description="The same as a QR code, an SVG.")

    @classmethod
    def of(cls, setup: Setup) -> Self:
        return cls(secret=setup.secret, otpauth_uri=setup.uri, qr_svg=setup.qr)


class RecoveryCodesAnswer(Answer):
    """New recovery codes."""

    recovery_codes: list[str] = Field(description=CODES)


class SwitchedOnAnswer(SignedInAnswer):
    """The second factor is on. Every earlier sign-in has ended."""

    recovery_codes: list[str] = Field(description=CODES)

    @classmethod
    def with_codes(cls, done: SwitchedOn) -> Self:
        answer = SignedInAnswer.of(done.signed_in)
        return cls(**answer.model_dump(), recovery_codes=done.recovery_codes)


@bp.get("/auth/totp")
@signed_in
@allow_second_factor_setup
@bp.output(SecondFactorAnswer)
@raises("USER_NOT_FOUND")
def show_second_factor() -> SecondFactorAnswer:
    """Show the state of your second factor."""
    return SecondFactorAnswer.of(second_factor_setup.second_factor_report(me().id))


@bp.post("/auth/totp")
@signed_in
@allow_second_factor_setup
@require_confirmed
@bp.output(SetupAnswer)
@raises("SECOND_FACTOR_ON", "SECOND_FACTOR_OFF", "VAULT_REFUSED", "USER_NOT_FOUND")
def begin_second_factor() -> SetupAnswer:
    """Start to set up the second factor. A secret from an unfinished setup becomes invalid."""
    return SetupAnswer.of(second_factor_setup.begin_setup(me().id, visitor()))


@bp.post("/auth/totp/confirm")
@signed_in
@allow_second_factor_setup
@require_confirmed
@bp.input(SecondFactorCode)
@bp.output(SwitchedOnAnswer)
@raises("SECOND_FACTOR_ON", "SECOND_FACTOR_OFF", *REFUSED)
def confirm_second_factor(json_data: SecondFactorCode) -> SwitchedOnAnswer:
    """Turn the second factor on with the first code of the app.

    Every sign-in of the user ends. The answer holds the token of a new one, and ten recovery codes.
    """
    return SwitchedOnAnswer.with_codes(second_factor_setup.confirm_setup(me().id, json_data, visitor(), me().kind))


@bp.delete("/auth/totp")
@signed_in
@require_confirmed
@bp.input(SecondFactorCode)
@bp.output(SignedInAnswer)
@raises("SECOND_FACTOR_OFF", *REFUSED)
def switch_off_second_factor(json_data: SecondFactorCode) -> SignedInAnswer:
    """Turn the second factor off, with a code of the app or a recovery code.

    Every sign-in of the user ends. The answer holds the token of a new one.
    """
    return SignedInAnswer.of(second_factor_setup.switch_off(me().id, json_data, visitor(), me().kind))


@bp.post("/auth/totp/recovery-codes")
@signed_in
@require_confirmed
@bp.input(SecondFactorCode)
@bp.output(RecoveryCodesAnswer)
@raises("SECOND_FACTOR_OFF", *REFUSED)
def renew_recovery_codes(json_data: SecondFactorCode) -> RecoveryCodesAnswer:
    """Create ten new recovery codes. The old ones become invalid."""
    codes = second_factor_setup.renew_recovery_codes(me().id, json_data, visitor())
    return RecoveryCodesAnswer(recovery_codes=codes)


@bp.delete("/users/<uuid:user_id>/totp")
@require_role("admin")
@require_confirmed
@bp.output(Answer)
@raises("USER_NOT_FOUND", "SECOND_FACTOR_OFF", "OWN_RIGHTS")
def reset_second_factor(user_id: UUID) -> Answer:
    """Turn off the second factor of a user who has lost it.

    Every sign-in of the user ends, and the password alone signs in afterwards. You cannot do it for yourself.
    """
    second_factor_setup.reset_second_factor(str(user_id), me())
    return Answer()
