"""Housekeeping of the clock, every minute: one function for each thing that ends with time."""

from collections.abc import Callable

from bot.auth.devices import forget_unused_devices
from bot.auth.kept_forms import forget_old_forms
from bot.auth.session_list import clean_up
from bot.auth.throttle import remove_old_attempts
from bot.automation.unknown_replies import forget_unseen_replies
from bot.automation.verdicts import keep_due_verdicts
from bot.contacts.answers import forget_old_texts
from bot.contacts.reply_texts import forget_old_reply_texts
from bot.core.log import get_logger
from bot.history.idempotency import remove_old_answers
from bot.linking.provisioning import forget_unproven
from bot.mail.links import forget_expired_tokens
from bot.mail.outbox import forget_old_mails
from bot.settings.changes import forget_old_changes
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
    forget_unseen_replies,
    forget_old_changes,
    forget_old_forms,
    forget_old_texts,
    forget_old_reply_texts,
    keep_due_verdicts,
)


def run_housekeeping(parts: tuple[Callable[[], object], ...] = PARTS) -> None:
    """Run each part, which commits itself. A failing part is logged and blocks no other."""
    for part in parts:
        try:
            part()
        except Exception as error:
            get_logger().error("tidying_failed", part=part.__name__, exc_info=error)
