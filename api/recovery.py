"""Forgotten passwords by the API: ask for a link and use it; as an administrator send one."""

from uuid import UUID

from api.answers import Answer
from api.auth import DEVICE_TOKEN
from api.blueprint import blueprint, raises
from api.users import NEW_PASSWORD_FAILURES
from bot.users import password_reset
from bot.users.password_reset import ForgotPassword, ResetPassword
from middleware.access import me, public, require_role, visitor

bp = blueprint("recovery", "Forgotten passwords")


class ResetAnswer(Answer):
    """The answer to a replaced password, with the token of the device that replaced it."""

    device_token: str = DEVICE_TOKEN


@bp.post("/auth/forgot-password")
@public
@bp.input(ForgotPassword)
@bp.output(Answer)
@raises("MAIL_NOT_CONFIGURED", "TOO_MANY_ATTEMPTS")
def forgot_password(json_data: ForgotPassword) -> Answer:
    """Ask for a link by mail.

    It goes to a verified e-mail address and works once, for 30 minutes. The answer is the same for every name.
    """
    password_reset.forgot_password(json_data, visitor())
    return Answer()


@bp.post("/auth/reset-password")
@public
@bp.input(ResetPassword)
@bp.output(ResetAnswer)
@raises("LINK_INVALID", "TOO_MANY_ATTEMPTS", *NEW_PASSWORD_FAILURES)
def reset_password(json_data: ResetPassword) -> ResetAnswer:
    """Choose a new password with the token of a link.

    Every sign-in of the user ends, and none is created.
    """
    return ResetAnswer(device_token=password_reset.reset_password(json_data.token, json_data.new_password, visitor()))


@bp.post("/users/<uuid:user_id>/reset-password")
@require_role("admin")
@bp.output(Answer)
@raises("USER_NOT_FOUND", "RESET_NOT_POSSIBLE", "MAIL_NOT_CONFIGURED")
def send_reset(user_id: UUID) -> Answer:
    """Send a user a link to choose a new password.

    The present password works until then. Only the user learns the new one.
    """
    password_reset.send_reset(str(user_id), me())
    return Answer()
