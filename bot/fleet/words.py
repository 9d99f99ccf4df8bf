"""The verdicts of bots in an administrator's words: what a bot does or waits for, and what its user has to do."""

from bot.core.errors import registry
from bot.decision.kinds import NOUNS

_ACTING: dict[str | None, str] = {
    None: "Reading or testing",
    "follow": "Following people",
    "unfollow": "Unfollowing people",
    "like": "Liking posts",
    "story": "Viewing stories",
    "message": "Writing messages",
    "reply": "Sending replies",
}
_SHORT = {
    "BETWEEN_STEPS": "Between two steps",
    "STARTS_LATER": "Next action starts later",
    "NEXT_STEP_LATER": "Next step of a plan is due later",
    "WAITING_FOR_FACT": "A plan waits for what people do",
    "OUTSIDE_HOURS": "Outside working hours",
    "LOOKING_UP": "Checking results again",
    "CATCHING_UP": "Reading messages after a restore",
    "NO_WORK": "No open action",
    "ALL_PAUSED": "Every action is paused by the user",
    "BOT_STOPPED": "Turned off",
    "BLOCKED_AGAIN": "Blocked twice within a week",
    "NO_WORKING_HOURS": "Working hours leave no time",
    "NOT_LINKED": "No account connected",
    "CODE_NEEDED": "Instagram wants a code",
    "SESSION_INVALID": "Signed out",
    "INSTAGRAM_CONFIRM_IN_APP": "Instagram wants a confirmation in its app",
    "INSTAGRAM_LOGGED_OUT": "Instagram signed the bot out",
    "INSTAGRAM_CHALLENGE": "Instagram asks if it is really them",
    "INSTAGRAM_CONSENT": "Instagram wants an agreement",
    "INSTAGRAM_SUSPENDED": "Instagram suspended the account",
    "INSTAGRAM_ADDRESS_BLOCKED": "Instagram refuses the address or country",
    "INSTAGRAM_PROXY_FAILED": "The proxy does not answer",
    "PROXY_NOT_FOUND": "The proxy does not exist",
    "VAULT_REFUSED": "A stored secret does not open",
    "USER_DISABLED": "Disabled by an admin",
    "KILL_SWITCH": "An admin turned all bots off",
    "NO_WORKER": "No worker is running",
    "DATABASE_RESTORED": "Held after a restore of the database",
    "INSTAGRAM_CLIENT_OUTDATED": "Held: the app version is too old",
    "INTERNAL": "A fault of Troupe",
}
# A rest by the error that began it. The name of the steps goes in first.
_RESTS = {
    "INSTAGRAM_ACTION_BLOCKED": "{} paused by Instagram",
    "INSTAGRAM_NOT_DONE": "{} without effect at Instagram",
    "INSTAGRAM_MESSAGE_REFUSED": "{} refused by Instagram",
    "INSTAGRAM_FOLLOWS_FULL": "The account can follow no one more",
    "INSTAGRAM_PLEASE_WAIT": "Instagram asks to wait",
    "INSTAGRAM_THROTTLED": "Too many requests for Instagram",
    "KIND_FAILING": "{} failed too often in a row",
}
_USER_MUST = {
    "COOL_DOWN": "do what Home says about the pause",
    "KIND_FAILING": "look at what failed, in the log",
    "INSTAGRAM_FOLLOWS_FULL": "unfollow some people",
    "BLOCKED_AGAIN": "turn the bot on again",
    "NO_WORKING_HOURS": "set working hours",
    "LIMIT_ZERO": "raise a limit",
    "CODE_NEEDED": "type the code",
    "SESSION_INVALID": "sign in to Instagram again",
    "INSTAGRAM_CONFIRM_IN_APP": "confirm in the Instagram app",
    "INSTAGRAM_LOGGED_OUT": "sign in to Instagram again",
    "INSTAGRAM_CHALLENGE": "confirm at Instagram and sign in again",
    "INSTAGRAM_CONSENT": "agree in the Instagram app",
    "INSTAGRAM_SUSPENDED": "answer Instagram in its app",
    "INSTAGRAM_ADDRESS_BLOCKED": "give the account its own proxy",
    "INSTAGRAM_PROXY_FAILED": "check or change the proxy",
    "PROXY_NOT_FOUND": "check or change the proxy",
}
_ADMIN_MUST = {
    "LIMIT_ZERO": "raise the maximum of this kind",
    "VAULT_REFUSED": "put the right encryption key back",
    "KILL_SWITCH": "turn the bots on",
    "DATABASE_RESTORED": "check the restore and release the bots",
    "INSTAGRAM_CLIENT_OUTDATED": "install a newer version and release the bots",
    "USER_DISABLED": "enable the user",
    "INTERNAL": "look at the error",
}


def short(reason: str, kind: str | None, cause: str | None = None) -> str:
    """Return a verdict in a few words, without its times. `cause` is the name of the error that began a rest."""
    if reason == "ACTING":
        return _ACTING.get(kind, _ACTING[None])
    of_kind = NOUNS[kind][1].capitalize() if kind in NOUNS else "Steps"
    if reason == "LIMIT_REACHED":
        return f"Limit of {of_kind.lower()} reached"
    if reason == "LIMIT_ZERO":
        return f"Limit of {of_kind.lower()} is 0"
    if reason == "COOL_DOWN":
        return _RESTS.get(cause or "", _SHORT.get(cause or "", "{} paused")).format(of_kind)
    return _SHORT.get(reason) or registry()[reason].description.rstrip(".")


def act(reason: str, who: str | None, cause: str | None = None) -> str | None:
    """Return what the user or the admin has to do, to follow a name: `sign in to Instagram again`. None: no one."""
    if who == "user":
        return _USER_MUST.get(cause or "") or _USER_MUST.get(reason, "look at the bot")
    return _ADMIN_MUST.get(reason, "look at the error") if who == "admin" else None
