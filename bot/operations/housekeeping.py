"""What the clock tidies up every minute: a function for each thing that ends by time alone."""

from collections.abc import Callable

from bot.auth.devices import forget_unused_devices
from bot.auth.session_list import clean_up
from bot.auth.throttle import remove_old_attempts
from bot.core.log import get_logger
from bot.history.idempotency import remove_old_answers
from bot.linking.provisioning import forget_unproven
from bot.mail.links import forget_expired_tokens
from bot.mail.outbox import forget_old_mails
from bot.users.registration import forget_unverified

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
