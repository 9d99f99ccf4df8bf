"""Second factors of an account: the ways in which Instagram takes a code, and which of them must be sent first."""

from collections.abc import Sequence

from sandbox.accounts import EXPIRED_CODE, Account
from sandbox.world import World

CODE_WRONG = "Please check the code we sent you and try again."
CODE_EXPIRED = "This code has expired. Please request a new one."

APP, SMS, WHATSAPP, BACKUP, APPROVAL = "totp", "sms", "whatsapp", "backup_codes", "trusted_notification"
SENT = frozenset({SMS, WHATSAPP})


def deliver(world: World, account: Account, method: str) -> None:
    """Send a code in this way, if the way needs that. Each delivery is a line of the ledger."""
    if method in SENT and method in account.behaviour.methods:
        name = "WhatsApp " if method == WHATSAPP else ""
        world.send_code(account, name + account.phone, method)
    elif method == APPROVAL:
        world.record(account, "approval_asked", "the owner's phone")


def problem_with(account: Account, code: str) -> str:
    """Return what Instagram says about a code; empty if it is right."""
    if code == EXPIRED_CODE:
        return CODE_EXPIRED
    return "" if code == account.code else CODE_WRONG


def problem_by(world: World, account: Account, code: str, methods: Sequence[str]) -> str:
    """Return the same for a second factor: a code is right by a way that the account has, after it was sent."""
    for method in (one for one in methods if one in account.behaviour.methods):
        if method == BACKUP and code == account.backup_code:
            return ""
        if method == APP or (method in SENT and world.was_sent(account, method)):
            if not (problem := problem_with(account, code)):
                return ""
            if problem == CODE_EXPIRED:
                return problem
    return CODE_WRONG
