"""The tables, one file a noun."""

from bot.models.account import AccountRequest, BotInstanceRow, BotSettings, BotStatus, InstagramCredentials
from bot.models.action import ENDED, OPEN, STILL_TO_LOOK_UP, Action, ActionTarget, EarlierCall
from bot.models.activity import Activity, AuditEntry, ErrorCodeRow, VaultKey
from bot.models.alert import AlertChannel
from bot.models.base import Base, Tenant, TenantOrAll, new_id
from bot.models.idempotency import KeptAnswer
from bot.models.limit import CoolDown, DailyLimit
from bot.models.mail import Mail, MailToken, RecoveryRequest, Registration
from bot.models.message import Contact, DoNotContact, Message
from bot.models.platform import Generation, KillSwitch
from bot.models.user import Attempt, KnownDevice, PendingSignIn, RecoveryCode, User, UserSession

__all__ = [
    "ENDED",
    "OPEN",
    "STILL_TO_LOOK_UP",
    "AccountRequest",
    "Action",
    "ActionTarget",
    "Activity",
    "AlertChannel",
    "Attempt",
    "AuditEntry",
    "Base",
    "BotInstanceRow",
    "BotSettings",
    "BotStatus",
    "Contact",
    "CoolDown",
    "DailyLimit",
    "DoNotContact",
    "EarlierCall",
    "ErrorCodeRow",
    "Generation",
    "InstagramCredentials",
    "KeptAnswer",
    "KillSwitch",
    "KnownDevice",
    "Mail",
    "MailToken",
    "Message",
    "PendingSignIn",
    "RecoveryCode",
    "RecoveryRequest",
    "Registration",
    "Tenant",
    "TenantOrAll",
    "User",
    "UserSession",
    "VaultKey",
    "new_id",
]
