"""How Redis does: memory against what it may use, and the settings that lanes rely on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SECTIONS = ("server", "memory", "persistence", "replication")
"""What has to be asked of INFO."""
MEMORY_ALARM = 0.7


@dataclass(frozen=True)
class RedisState:
    """Bytes; `limit` is its maxmemory or, where none is set, all memory of its machine (`limited` is False then)."""

    version: str
    used: int
    limit: int | None
    limited: bool
    evicts: bool
    durable: bool
    replica: bool
    writes_fail: bool

    @classmethod
    def of(cls, info: Mapping[str, Any]) -> "RedisState":
        """From the replies to INFO of all SECTIONS."""
        maxmemory = int(info.get("maxmemory", 0))
        return cls(
            version=str(info.get("valkey_version") or info.get("redis_version", "")),
            used=int(info.get("used_memory", 0)),
            limit=maxmemory or int(info.get("total_system_memory", 0)) or None,
            limited=bool(maxmemory),
            evicts=info.get("maxmemory_policy", "noeviction") != "noeviction",
            durable=bool(info.get("aof_enabled", 0)),
            replica=info.get("role") == "slave",
            writes_fail=info.get("aof_last_write_status", "ok") != "ok",
        )

    @property
    def share(self) -> float | None:
        """How much of the limit is used, from 0 to 1."""
        return self.used / self.limit if self.limit else None

    @property
    def refuses_writes(self) -> bool:
        full = self.limited and not self.evicts and (self.share or 0) >= 1
        return self.replica or self.writes_fail or full

    def concerns(self) -> Iterator[str]:
        """The registered names of what is wrong beside that, worst first."""
        if self.evicts:
            yield "REDIS_MAY_EVICT"
        if (self.share or 0) >= MEMORY_ALARM:
            yield "REDIS_MEMORY_HIGH"
        if not self.durable:
            yield "REDIS_NOT_DURABLE"
