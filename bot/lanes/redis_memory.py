"""How much memory Redis uses, of how much it may."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SECTIONS = ("server", "memory")
"""What has to be asked of INFO."""


@dataclass(frozen=True)
class RedisMemory:
    """Bytes; `limit` is its maxmemory or, where none is set, all memory of its machine (`limited` is False then)."""

    version: str
    used: int
    limit: int | None
    limited: bool

    @classmethod
    def of(cls, info: Mapping[str, Any]) -> "RedisMemory":
        """From the replies to INFO of all SECTIONS."""
        maxmemory = int(info.get("maxmemory", 0))
        return cls(
            version=str(info.get("valkey_version") or info.get("redis_version", "")),
            used=int(info.get("used_memory", 0)),
            limit=maxmemory or int(info.get("total_system_memory", 0)) or None,
            limited=bool(maxmemory),
        )
