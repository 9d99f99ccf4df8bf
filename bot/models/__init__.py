"""The tables, one file a noun."""

from bot.models.account import AccountRequest, BotInstanceRow, BotSettings, BotStatus, InstagramCredentials
from bot.models.action import ENDED, OPEN, Action, ActionTarget
from bot.models.activity import Activity, AuditEntry, ErrorCodeRow, VaultKey
from bot.models.base import Base, Tenant, new_id
from bot.models.limit import CoolDown, DailyLimit
from bot.models.user import FailedSignIn, User, UserSession

__all__ = [
    "ENDED",
    "OPEN",
    "AccountRequest",
    "Action",
    "ActionTarget",
    "Activity",
    "AuditEntry",
    "Base",
    "BotInstanceRow",
    "BotSettings",
    "BotStatus",
    "CoolDown",
    "DailyLimit",
    "ErrorCodeRow",
    "FailedSignIn",
    "InstagramCredentials",
    "Tenant",
    "User",
    "UserSession",
    "VaultKey",
    "new_id",
]
