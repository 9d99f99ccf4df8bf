"""Our own variants of the recorded replies: other words, languages, fields and statuses of the same kinds.

`variants.json` has the form of the cases of sandbox/replies.json, so that it can be run in every way that they can.
The texts in `_LONG` stand for ones that are too long to be written there.
"""

import json
from pathlib import Path
from typing import Any

_DEPTH = 50_000
_LONG = {"@deep": "[" * _DEPTH + "]" * _DEPTH, "@cut": "[" * _DEPTH, "@digits": "9" * 5_000}
_FILE = Path(__file__).with_name("variants.json")


def variants() -> list[dict[str, Any]]:
    known: list[dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return [case | {"body": _written_out(case["body"])} if "body" in case else case for case in known]


def _written_out(body: Any) -> Any:
    if isinstance(body, dict):
        return {name: _LONG.get(value, value) if isinstance(value, str) else value for name, value in body.items()}
    return _LONG.get(body, body) if isinstance(body, str) else body
