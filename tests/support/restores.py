"""Copies of a running database, and what else an operator puts back, keeps or loses."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bot.config.runtime import runtime
from bot.steps.claim_memory import CLAIMS
from bot.storage.engine import db
from tests.support.rows import Rows, put_back, rows_of


@dataclass(frozen=True)
class Copy:
    """A database at one time, with the memory of Redis and INSTANCE_DIR at that time."""

    file: Path | None
    rows: Rows | None
    redis: dict[bytes, bytes]
    claims: Path

    def put_back(self) -> None:
        """Put the database back as the operations manual says, while nothing runs. In the app's context."""
        db.engine.dispose()
        if self.rows is not None:
            put_back(_url(), self.rows)
        else:
            assert self.file is not None
            path = Path(str(db.engine.url.database))
            for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
                name.unlink(missing_ok=True)
            shutil.copyfile(self.file, path)

    def put_redis_back(self) -> None:
        empty_redis()
        if self.redis:
            runtime().redis.hset(CLAIMS, mapping=self.redis)

    def put_disk_back(self) -> None:
        lose_disk()
        shutil.copytree(self.claims, _claims())


def copy(folder: Path) -> Copy:
    """Copy the database while it is in use. In the app's context."""
    folder.mkdir()
    claims = folder / "claims"
    if _claims().exists():
        shutil.copytree(_claims(), claims)
    else:
        claims.mkdir()
    known = runtime().redis.hgetall(CLAIMS)
    if db.engine.dialect.name == "postgresql":
        return Copy(None, rows_of(_url()), known, claims)
    file = folder / "troupe.db"
    with closing(sqlite3.connect(str(db.engine.url.database))) as source, closing(sqlite3.connect(file)) as target:
        source.backup(target)
    return Copy(file, None, known, claims)


def empty_redis(_copy: Copy | None = None) -> None:
    runtime().redis.flushall()


def lose_disk(_copy: Copy | None = None) -> None:
    """Lose a disk that lasts no longer than the process."""
    for name in ("claims", "bots"):
        shutil.rmtree(runtime().config.instance_dir / name, ignore_errors=True)


def _claims() -> Path:
    return runtime().config.instance_dir / "claims"


def _url() -> str:
    return runtime().config.database_url or ""
