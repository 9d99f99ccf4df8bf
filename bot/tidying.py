"""What the clock tidies up every minute: a function for each thing that ends by time alone."""

from collections.abc import Callable

from bot.devices import forget_unused_devices
from bot.idempotency import remove_old_answers
from bot.instagram_users import forget_unproven
from bot.log import get_logger
from bot.mail import forget_old_mails
from bot.mail_tokens import forget_expired_tokens
from bot.registration import forget_unverified
from bot.sign_ins import clean_up
from bot.throttle import remove_old_attempts

PARTS: tuple[Callable[[], object], ...] = (
    clean_up,
    forget_old_mails,
    forget_expired_tokens,
    forget_unverified,
    forget_unproven,
    forget_unused_devices,
    remove_old_attempts,
    remove_old_answers,
)


def tidy(parts: tuple[Callable[[], object], ...] = PARTS) -> None:
    """Does each part, which commits by itself; one that fails is logged and holds up no other."""
    for part in parts:
        try:
            part()
        except Exception as error:
            get_logger().error("tidying_failed", part=part.__name__, exc_info=error)
