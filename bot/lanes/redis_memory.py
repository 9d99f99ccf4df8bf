"""Memory use of Redis in bytes, read from its command INFO. The overview of lanes shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SECTIONS = ("server", "memory")
"""The sections of INFO that RedisMemory.of needs."""


@dataclass(frozen=True)
class RedisMemory:
    """Figures in bytes. `limit` is maxmemory.

    If maxmemory is unset, `limit` is all memory of the machine and `limited` is False.
    """

    version: str
    used: int
    limit: int | None
    limited: bool

    @classmethod
    def of(cls, info: Mapping[str, Any]) -> "RedisMemory":
        """Read the replies to INFO of all SECTIONS, merged into one mapping. A missing `used_memory` counts as 0."""
        maxmemory = int(info.get("maxmemory", 0))
        return cls(
            version=str(info.get("valkey_version") or info.get("redis_version", "")),
            used=int(info.get("used_memory", 0)),
            limit=maxmemory or int(info.get("total_system_memory", 0)) or None,
            limited=bool(maxmemory),
        )
