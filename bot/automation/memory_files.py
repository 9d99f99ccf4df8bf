"""Memory files of bots. Each is a cache that nothing depends on."""

from pathlib import Path

from sqlalchemy import select

from bot.config.runtime import now, runtime
from bot.storage.models import BotInstanceRow
from bot.storage.tenancy import tenant
from bot.users.directory import usernames


def memory_path(user_id: str) -> Path:
    """Return the path of the user's memory file, and store it in its row. Commits."""
    path = _path(user_id)
    with tenant(user_id) as session:
        row = session.scalars(select(BotInstanceRow)).one_or_none()
        if row is None:
            row = BotInstanceRow(user_id=user_id, sqlite_db_path=str(path), created_at=now(), updated_at=now())
            session.add(row)
        elif row.sqlite_db_path != str(path):
            row.sqlite_db_path, row.updated_at = str(path), now()
        session.commit()
    return path


def remove_memory(user_id: str) -> None:
    """Delete the memory file of an erased user from this machine."""
    _path(user_id).unlink(missing_ok=True)


def delete_orphan_files() -> None:
    """Delete the files of missing users from this machine, because they may have been erased on another one."""
    paths = {path.stem: path for path in _folder().glob("*.db")}
    known = usernames(paths)
    for user_id in paths.keys() - known.keys():
        remove_memory(user_id)


def _folder() -> Path:
    return runtime().config.instance_dir / "bots"


def _path(user_id: str) -> Path:
    return _folder() / f"{user_id}.db"
