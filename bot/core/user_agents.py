"""Reading of user agents into words for the people who review their sign-ins."""

import re

# The first match wins: browsers also name the browsers they descend from.
_BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}
_PROGRAM = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}")


def described(user_agent: str) -> str:
    """Return browser and system, like `Firefox on Windows`, or the name that another program gives itself."""
    browser = next((name for mark, name in _BROWSERS.items() if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), None)
    if browser:
        return f"{browser} on {system}" if system else browser
    program = _PROGRAM.match(user_agent)
    return program[0] if program else "Unknown device"
