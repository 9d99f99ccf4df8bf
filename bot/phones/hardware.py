"""The phone that an account is on, as its owner names it: one of a short list, or its own description."""

import re
from typing import Any

from pydantic import ValidationError

from bot.core.errors import invalid
from bot.inputs.instagram_sessions import Hardware

# As apps on these phones describe them, by public records. The rest of the description is the app's.
_PHONES = {
    "pixel_8_pro": ("Google Pixel 8 Pro", "34/14; 480dpi; 1344x2992; Google/google; Pixel 8 Pro; husky; husky"),
    "pixel_7": ("Google Pixel 7", "34/14; 420dpi; 1080x2400; Google/google; Pixel 7; panther; panther"),
    "pixel_6": ("Google Pixel 6", "34/14; 420dpi; 1080x2400; Google/google; Pixel 6; oriole; oriole"),
    "galaxy_s23": ("Samsung Galaxy S23", "34/14; 480dpi; 1080x2340; samsung; SM-S911B; dm1q; qcom"),
    "galaxy_s21": ("Samsung Galaxy S21", "33/13; 480dpi; 1080x2400; samsung; SM-G991B; o1s; exynos2100"),
    "galaxy_a52": ("Samsung Galaxy A52", "34/14; 420dpi; 1080x2400; samsung; SM-A525F; a52q; qcom"),
    "redmi_note_11": ("Xiaomi Redmi Note 11", "33/13; 440dpi; 1080x2400; Xiaomi/Redmi; Redmi Note 11; spes; qcom"),
    "redmi_note_8_pro": (
        "Xiaomi Redmi Note 8 Pro",
        "30/11; 440dpi; 1080x2340; Xiaomi/Redmi; Redmi Note 8 Pro; begonia; mt6785",
    ),
}
PHONES = {key: name for key, (name, _) in _PHONES.items()}
"""The phones to choose from, by their key."""
CLIENT_PHONE = "pixel_8_pro"
"""The phone of a client that is told of none."""
MAX_DESCRIPTION = 300
_IN_AGENT = re.compile(r"Android \(([^)]*)\)")
_FORM = "Write it like 34/14; 480dpi; 1080x2340; samsung; SM-S911B; dm1q; qcom."


def hardware_of(key: str) -> dict[str, Any]:
    """Return a phone of the list as instagrapi's device settings, without an app on it."""
    return read_hardware(_PHONES[key][1])


def read_hardware(text: str) -> dict[str, Any]:
    """Read the description that a phone's app sends, alone or within a whole user agent. Raises INVALID_INPUT."""
    found = _IN_AGENT.search(text)
    parts = [part.strip() for part in (found[1] if found else text).split(";")]
    version, _, release = parts[0].partition("/")
    names = ("dpi", "resolution", "manufacturer", "model", "device", "cpu")
    if len(parts) < 1 + len(names) or not version.isdecimal():
        raise invalid("own_phone", _FORM)
    values = dict(zip(names, parts[1:], strict=False))
    try:
        read = Hardware(android_version=int(version[:4]), android_release=release, **values)
    except ValidationError:
        raise invalid("own_phone", _FORM) from None
    return read.model_dump()


def shown(device_settings: dict[str, Any]) -> str:
    """Return the name of a phone of device settings."""
    maker = str(device_settings.get("manufacturer", "")).partition("/")[0]
    model = str(device_settings.get("model", ""))
    return next(
        (name for key, name in PHONES.items() if hardware_of(key)["model"] == model), f"{maker.capitalize()} {model}"
    ).strip()
