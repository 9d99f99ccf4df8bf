"""The version of Instagram's app that a client speaks for: it belongs to the software, and the phone to the account."""

from importlib.metadata import version
from typing import Any

from instagrapi import Client, config

from bot.core.errors import BotException

CLIENT_VERSION = version("instagrapi")
APP_VERSION: str = config.DEFAULT_APP_VERSION
_APP: dict[str, str] = {
    name: config.APP_SETTINGS[APP_VERSION][name] for name in ("app_version", "version_code", "bloks_versioning_id")
}

Settings = dict[str, Any]


def with_own_app(settings: Settings) -> Settings:
    """Return kept settings with the client's own app on the account's phone; the user agent is made again."""
    phone = settings.get("device_settings")
    if not isinstance(phone, dict):
        return settings
    kept = {name: value for name, value in settings.items() if name != "user_agent"}
    return {**kept, "device_settings": {**phone, **_APP}}


def app_of(client: Client) -> str:
    return str(client.device_settings.get("app_version") or "")


def refuses_own_version(client: Client, failure: BotException) -> bool:
    """Return whether Instagram refused the version that this client is made for, and say so in the failure.

    An older app that an account still carries is refused for this account alone: the client takes its own from now on.
    """
    if failure.name != "INSTAGRAM_CLIENT_OUTDATED":
        return False
    if app_of(client) == APP_VERSION:
        failure.meta |= {"refused_client": CLIENT_VERSION, "refused_app": APP_VERSION}
        return True
    client.set_app(APP_VERSION)
    client.set_user_agent()
    return False
