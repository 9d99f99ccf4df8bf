"""The words of the audit log: titles of events, and details without internal names."""

import re

from bot.core.errors import registry
from bot.decision.kinds import NOUNS

AUDIT = {
    "sign_ins_ended": "Sign-ins ended",
    "sign_ins_cleaned_up": "Ended sign-ins removed",
    "registered": "Registered",
    "registration_refused": "Registration refused",
    "email_change_asked": "Change of the e-mail address asked for",
    "email_verified": "E-mail address verified",
    "signed_in": "Signed in",
    "sign_in_renewed": "Sign-in given a new token",
    "session_tested": "Instagram session of a user tested",
    "instagram_checked": "Instagram checked with a user's account",
    "sign_in_failed": "Sign-in failed",
    "sign_in_needs_code": "Signed in, and Instagram asked for a code",
    "proved_by_instagram": "Password proved by Instagram",
    "confirmed": "Confirmed by password",
    "confirmation_failed": "Confirmation failed",
    "admin_refused": "Admin access refused",
    "data_exported": "Own data downloaded",
    "session_exported": "Own Instagram session downloaded",
    "notifications_chosen": "Notifications chosen",
    "alert_channel_added": "Notification channel added",
    "alert_channel_removed": "Notification channel removed",
    "alert_channel_tested": "Notification test sent",
    "account_linked": "Instagram account connected",
    "account_unlinked": "Instagram account disconnected",
    "proxy_set": "Proxy set",
    "proxy_removed": "Proxy removed",
    "limits_own": "Own limits changed",
    "code_asked": "Password right, code of the second factor asked for",
    "code_used": "Code of the second factor used",
    "recovery_code_used": "Recovery code used",
    "code_refused": "Second factor refused",
    "second_factor_begun": "Second factor begun",
    "second_factor_on": "Second factor turned on",
    "second_factor_off": "Second factor turned off",
    "second_factor_reset": "Second factor reset",
    "recovery_codes_made": "Recovery codes made",
    "password_changed": "Password changed",
    "password_reset_asked": "New password asked for by e-mail",
    "password_reset_sent": "New password link sent by an admin",
    "password_reset": "Password reset by e-mail",
    "first_password_made": "First password made on the server",
    "user_created": "User created",
    "user_disabled": "User disabled",
    "user_enabled": "User enabled",
    "user_erased": "User erased",
    "bot_reminded": "User reminded of a bot that waits for them",
    "role_changed": "Role changed",
    "username_changed": "Username changed",
    "email_set": "E-mail address set by an admin",
    "limits_default": "Limits of everyone changed",
    "limits_ceiling": "Maximums of a user changed",
    "do_not_contact_all": "Put on the list of people that no bot contacts",
    "may_contact_all": "Taken off the list of people that no bot contacts",
    "kill_switch_on": "All bots turned off",
    "kill_switch_off": "All bots turned on",
    "restore_found": "Database found to be restored: every bot held",
    "restore_declared": "Database said to be restored: every bot held",
    "bots_released": "Bots released after a restore",
    "client_refused": "Version of the Instagram client refused: every bot held",
    "client_released": "Bots released with the refused version of the Instagram client",
    "client_replaced": "Version of the Instagram client replaced: bots released",
    "keys_rotated": "Master keys rotated on the server",
}
"""Events of the audit log by their names in the code."""
_LIMITS = {
    "per_day": "a day",
    "per_hour": "an hour",
    "ceiling": "at most a day",
    "ceiling_hour": "at most an hour",
    "delay_min": "shortest pause in seconds",
    "delay_max": "longest pause in seconds",
} | {kind: many.capitalize() for kind, (_, many) in NOUNS.items()}


def detail_words(event: str, detail: str) -> str:
    """Return the detail of an event as people read it. The CSV and the API have the stored one."""
    if event.startswith("limits_"):
        return re.sub(r"[a-z_]+", lambda name: _LIMITS.get(name[0], name[0]), detail)
    return registry()[detail].description if detail in registry() else detail
