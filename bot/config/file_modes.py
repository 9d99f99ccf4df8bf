"""Permissions of the server's files: for its own user alone, or for INSTANCE_GROUP too."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.config.environment import Config
from bot.core.log import get_logger

# This product and `make run` keep these in INSTANCE_DIR. Anything else there stays as it is.
FOLDERS = ("bots", "log", "redis", "sandbox", "authorities-*")
FILES = ("encryption.keys", "run.lock", "sandbox-ca.pem")
_OF_SQLITE = ("", "-wal", "-shm", "-journal", "-turn")


def keep_private(config: Config) -> None:
    """Create the folder, make new files private, and narrow files that are too open. Each correction is logged.

    A file of another user, such as a mounted secret, can only be reported.
    """
    os.umask(config.umask)
    config.instance_dir.mkdir(mode=0o770, parents=True, exist_ok=True)
    for path, keys in _known(config):
        _correct(path, config, may_change=not keys)


def _known(config: Config) -> Iterator[tuple[Path, bool]]:
    """Yield each path, and whether it holds keys. Only their owner may change those."""
    home = config.instance_dir
    yield home, False
    for folder in (found for pattern in FOLDERS for found in home.glob(pattern)):
        yield folder, False
        for below in folder.rglob("*"):
            yield below, False
    for name in FILES:
        yield home / name, name == "encryption.keys"
    if config.encryption_keys_file:
        yield config.encryption_keys_file, True
    url = make_url(config.sqlalchemy_url)
    if url.get_backend_name() == "sqlite" and url.database:
        for end in _OF_SQLITE:
            yield Path(url.database + end), False


def _correct(path: Path, config: Config, *, may_change: bool) -> None:
    try:
        status = path.lstat()
    except OSError:
        return
    if stat.S_ISLNK(status.st_mode):
        return
    before = stat.S_IMODE(status.st_mode)
    wanted = _wanted(before, config, folder=stat.S_ISDIR(status.st_mode), may_change=may_change)
    group = config.instance_gid
    try:
        if group is not None and status.st_gid != group:
            os.chown(path, -1, group)
        if wanted != before:
            path.chmod(wanted)
            get_logger().warning("file_mode_corrected", path=str(path), was=f"{before:04o}", now=f"{wanted:04o}")
    except OSError as error:
        get_logger().warning("file_mode_is_wide", path=str(path), mode=f"{before:04o}", error=type(error).__name__)


def _wanted(before: int, config: Config, *, folder: bool, may_change: bool) -> int:
    """Return the mode that a path should have.

    Without a group, others lose all rights and nothing is added. With a group, the group gets all that it needs, and
    new files inherit the group of their folder.
    """
    if config.instance_gid is None:
        return before & (0o700 if folder else 0o600)
    if folder:
        return 0o2770
    return 0o660 if may_change else 0o640
