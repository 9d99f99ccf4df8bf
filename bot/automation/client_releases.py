"""The newest release of the Instagram client, as the package index that pip is set up with knows it."""

import re
import subprocess
import sys

from bot.core.errors import BotException

CLIENT = "instagrapi"
SECONDS = 60
_FIRST = re.compile(rf"^{CLIENT} \(([^()\s]+)\)", re.MULTILINE)


def newest_release() -> str:
    """Ask the index for the newest version of the client. Raises PACKAGE_INDEX_AWAY."""
    command = [sys.executable, "-m", "pip", "index", "versions", CLIENT, "--timeout", "10", "--retries", "1"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603  constants
    except (OSError, subprocess.TimeoutExpired):
        raise BotException("PACKAGE_INDEX_AWAY") from None
    found = _FIRST.search(done.stdout)
    if done.returncode or found is None:
        raise BotException("PACKAGE_INDEX_AWAY")
    return found[1]
