"""The tables, one module for each noun."""

from bot.storage.models.account import (
    AccountRequest,
    BotInstanceRow,
    BotSettings,
    BotStatus,
    InstagramCredentials,
    InstagramDevice,
)
from bot.storage.models.action import (
    ENDED,
    MAX_ACTION_NAME,
    OPEN,
    SKIPPED,
    TO_RECONCILE,
    UNRESOLVED,
    Action,
    ActionTarget,
    EarlierCall,
)
from bot.storage.models.activity import Activity, AuditEntry, ErrorCodeRow, VaultKey
from bot.storage.models.alert import AlertChannel
from bot.storage.models.base import Base, Tenant, TenantOrAll, new_id
from bot.storage.models.idempotency import IdempotencyRecord
from bot.storage.models.limit import CoolDown, DailyLimit
from bot.storage.models.mail import Mail, MailToken, RecoveryRequest, Registration
from bot.storage.models.message import Answer, Contact, DoNotContact, Message, Person
from bot.storage.models.platform import Generation, InstagramClientRow, KillSwitch, UnknownReplyRow
from bot.storage.models.reading import AccountDay, FollowerRead, Relation
from bot.storage.models.setting import Digest, SettingsChange
from bot.storage.models.user import Attempt, KnownDevice, PendingSignIn, RecoveryCode, User, UserSession

__all__ = [
    "ENDED",
    "MAX_ACTION_NAME",
    "OPEN",
    "SKIPPED",
    "TO_RECONCILE",
    "UNRESOLVED",
    "AccountDay",
    "AccountRequest",
    "Action",
    "ActionTarget",
    "Activity",
    "AlertChannel",
    "Answer",
    "Attempt",
    "AuditEntry",
    "Base",
    "BotInstanceRow",
    "BotSettings",
    "BotStatus",
    "Contact",
    "CoolDown",
    "DailyLimit",
    "Digest",
    "DoNotContact",
    "EarlierCall",
    "ErrorCodeRow",
    "FollowerRead",
    "Generation",
    "IdempotencyRecord",
    "InstagramClientRow",
    "InstagramCredentials",
    "InstagramDevice",
    "KillSwitch",
    "KnownDevice",
    "Mail",
    "MailToken",
    "Message",
    "PendingSignIn",
    "Person",
    "RecoveryCode",
    "RecoveryRequest",
    "Registration",
    "Relation",
    "SettingsChange",
    "Tenant",
    "TenantOrAll",
    "UnknownReplyRow",
    "User",
    "UserSession",
    "VaultKey",
    "new_id",
]
