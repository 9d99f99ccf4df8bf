"""Files of this server are for its own user alone, or for INSTANCE_GROUP as well, whoever made their folder."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.config.environment import Config
from bot.core.log import get_logger

# What this product, and `make run`, keep in INSTANCE_DIR; nothing else there is touched.
FOLDERS = ("bots", "log", "redis", "sandbox", "authorities-*")
FILES = ("encryption.keys", "run.lock", "sandbox-ca.pem")
_OF_SQLITE = ("", "-wal", "-shm", "-journal", "-turn")


def keep_private(config: Config) -> None:
    """Makes the folder, lets all that this process makes be private, and corrects what is there and wider, with a line
    in the log.

    What belongs to another user of the machine, as a secret that was mounted, can only be told of.
    """
    os.umask(config.umask)
    config.instance_dir.mkdir(mode=0o770, parents=True, exist_ok=True)
    for path, keys in _known(config):
        _correct(path, config, may_change=not keys)


def _known(config: Config) -> Iterator[tuple[Path, bool]]:
    """Each path, and whether it holds keys, which nobody but their owner changes."""
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
    """Alone: no more than there is, and nothing for others. With a group: all that the group needs, and the folder's
    group for what is made in it.
    """
    if config.instance_gid is None:
        return before & (0o700 if folder else 0o600)
    if folder:
        return 0o2770
    return 0o660 if may_change else 0o640
