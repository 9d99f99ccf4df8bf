"""Where the memory file of each bot lies; the file is a cache that nothing depends on."""

from pathlib import Path

from sqlalchemy import select

from bot.models import BotInstanceRow
from bot.runtime import now, runtime
from bot.scope import tenant


def memory_path(user_id: str) -> Path:
    """The path of the user's memory file; the row that tells it is made on first use. Commits."""
    path = runtime().config.instance_dir / "bots" / f"{user_id}.db"
    with tenant(user_id) as session:
        row = session.scalars(select(BotInstanceRow)).one_or_none()
        if row is None:
            row = BotInstanceRow(user_id=user_id, sqlite_db_path=str(path), created_at=now(), updated_at=now())
            session.add(row)
        elif row.sqlite_db_path != str(path):
            row.sqlite_db_path, row.updated_at = str(path), now()
        session.commit()
    return path
