"""The phone of an account as its requests describe it. A real one says the same each time."""

import re
from collections.abc import Iterator

from sandbox.wire import Request

# The field here → the header that says it.
_HEADERS = {
    "device_id": "x-ig-device-id",
    "family_device_id": "x-ig-family-device-id",
    "android_id": "x-ig-android-id",
    "user_agent": "user-agent",
    "locale": "x-ig-app-locale",
    "device_locale": "x-ig-device-locale",
    "country": "x-ig-app-startup-country",
    "timezone_offset": "x-ig-timezone-offset",
}
_FORM = {"timezone_offset": "timezone_offset", "timezone_name": "device_timezone_name"}
_COUNTRY_CODE = re.compile(r'"country_code":\s*"(\d+)"')


def said_of_phone(request: Request) -> Iterator[tuple[str, str]]:
    """The name and the value of each thing that the request says of its phone."""
    if "x-ig-app-id" not in request.headers:
        return
    for name, header in _HEADERS.items():
        if value := request.headers.get(header):
            yield name, value
    for name, field in _FORM.items():
        if value := request.form.get(field):
            yield name, str(value)
    yield from (("country_code", code) for code in _COUNTRY_CODE.findall(str(request.form.get("country_codes", ""))))
