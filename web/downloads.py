"""CSV downloads of the pages."""

from collections.abc import Iterator

from flask import Response, stream_with_context

from bot.config.runtime import now
from bot.storage.costly import Parts
from middleware.access import me


def csv_response(name: str, lines: Iterator[str]) -> Response:
    """Stream a CSV file named after `name` and the time. Raises TOO_MANY_AT_ONCE."""
    response = Response(stream_with_context(Parts(me().id, lines)), content_type="text/csv; charset=utf-8")
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}_{now():%Y%m%dT%H%M%SZ}.csv")
    return response
