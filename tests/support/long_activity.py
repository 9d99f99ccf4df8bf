"""Users with a year of activity, the most that a download holds."""

import csv
import io
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import insert, select

from bot.config.runtime import now
from bot.storage.models import Activity
from bot.storage.tenancy import identity

ROWS = 30_000
_AT_ONCE = 5_000
Line = tuple[str, str, str, str]


def add_activity(user_id: str, rows: int = ROWS) -> None:
    """Add lines of the user's activity, a second apart. Commits."""
    newest = now()
    lines = [
        {
            "id": str(uuid4()),
            "user_id": user_id,
            "at": newest - timedelta(seconds=number),
            "action": "follow",
            "status": "failed" if number % 5 == 0 else "done",
            "target": f"person.{number}",
            "action_id": str(uuid4()),
            "error_code": "E-BOT-W-0003" if number % 5 == 0 else None,
            "error_message": "=Instagram; asks to wait" if number % 5 == 0 else None,
            "metadata": {"request_id": uuid4().hex},
        }
        for number in range(rows)
    ]
    with identity(user_id) as session:
        for begin in range(0, rows, _AT_ONCE):
            session.execute(insert(Activity.__table__), lines[begin : begin + _AT_ONCE])
        session.commit()


def stored(user_id: str) -> list[Line]:
    """Return the values that tell each line from all others, newest first."""
    query = select(Activity.at, Activity.target, Activity.action_id, Activity.details)
    query = query.where(Activity.user_id == user_id, Activity.action == "follow").order_by(Activity.at.desc())
    with identity(user_id, reading=True) as session:
        rows = session.execute(query).all()
    return [(at.isoformat(), target or "", action or "", details["request_id"]) for at, target, action, details in rows]


def downloaded(table: bytes) -> list[Line]:
    """Return the same values from a downloaded table."""
    lines = csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline=""))
    return [
        (line["at"], line["target"], line["action_id"], line["request_id"])
        for line in lines
        if line["action"] == "follow"
    ]
