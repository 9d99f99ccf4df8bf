"""Our own variants of the recorded replies: other words, languages, fields and statuses of the same kinds.

`variants.json` has the form of the cases of sandbox/replies.json, so that it can be run in every way that they can.
"""

import json
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("variants.json")


def variants() -> list[dict[str, Any]]:
    known: list[dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"))
    return known
