"""The app version of a stored session, and when an account takes the one of a newer client."""

import hashlib
import json
from datetime import timedelta

from sqlalchemy import select

from bot.config.runtime import now
from bot.storage.models import InstagramClientRow
from bot.storage.tenancy import TenantSession

# A phone updates its app within days of the release, and not all phones in the same minute (the product's own figure).
SPREAD = timedelta(days=3)
# The nightly test calls with each account, so that none stays at the earlier version longer than a day after its time.
TAKEN_WITHIN = SPREAD + timedelta(days=1)
_SHARES = 2**32


def app_version_of(session_data: str) -> str | None:
    """Read the app version from a session in the clear; None if it names none."""
    try:
        version = json.loads(session_data)["device_settings"]["app_version"]
    except (ValueError, TypeError, KeyError):
        return None
    return str(version)[:32] if version else None


def takes_own_app(session: TenantSession) -> bool:
    """Return whether the user's account has the app of the client that the workers run: each at a time of its own."""
    latest = select(InstagramClientRow.first_run_at).order_by(InstagramClientRow.started_at.desc())
    since = session.scalars(latest.limit(1)).one_or_none()
    if since is None:
        return False
    share = int.from_bytes(hashlib.sha256(session.user_id.encode()).digest()[:4]) / _SHARES
    return now() >= since + SPREAD * share
