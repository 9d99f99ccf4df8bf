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
    FIRST,
    LATER,
    MAX_ACTION_NAME,
    MAX_PARTS,
    OPEN,
    SKIPPED,
    TO_RECONCILE,
    UNRESOLVED,
    Action,
    ActionSource,
    ActionTarget,
    EarlierCall,
    id_of_person,
)
from bot.storage.models.activity import Activity, AuditEntry, ErrorCodeRow, VaultKey
from bot.storage.models.alert import AlertChannel
from bot.storage.models.base import Base, Tenant, TenantOrAll, new_id
from bot.storage.models.idempotency import IdempotencyRecord
from bot.storage.models.limit import CoolDown, DailyLimit
from bot.storage.models.mail import Mail, MailToken, RecoveryRequest, Registration
from bot.storage.models.message import MORE_TO_READ, Answer, Contact, DoNotContact, Message, Person, ReplyText
from bot.storage.models.platform import Generation, InstagramClientRow, KillSwitch, PlatformDay, UnknownReplyRow
from bot.storage.models.reading import AccountDay, FollowerRead, Relation, ResultDay
from bot.storage.models.setting import Digest, SettingsChange
from bot.storage.models.user import Attempt, KnownDevice, PendingSignIn, RecoveryCode, User, UserSession

__all__ = [
    "ENDED",
    "FIRST",
    "LATER",
    "MAX_ACTION_NAME",
    "MAX_PARTS",
    "MORE_TO_READ",
    "OPEN",
    "SKIPPED",
    "TO_RECONCILE",
    "UNRESOLVED",
    "AccountDay",
    "AccountRequest",
    "Action",
    "ActionSource",
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
    "PlatformDay",
    "RecoveryCode",
    "RecoveryRequest",
    "Registration",
    "Relation",
    "ReplyText",
    "ResultDay",
    "SettingsChange",
    "Tenant",
    "TenantOrAll",
    "UnknownReplyRow",
    "User",
    "UserSession",
    "VaultKey",
    "id_of_person",
    "new_id",
]
