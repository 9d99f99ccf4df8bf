"""Hashing of passwords and the rules that a new one has to meet."""

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.errors import BotException

MINIMUM = 10
MAXIMUM = 256
_PRODUCT = "troupe"
# OWASP password storage: argon2id with 19 MiB, two passes, one lane.
_argon2 = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


# Each takes a core and 19 MiB, which its thread keeps: a thread a core hashes as fast as many, in less memory.
_hashing = ThreadPoolExecutor(len(os.sched_getaffinity(0)), "hashing")


def hash_password(password: str) -> str:
    return _hashing.submit(_argon2.hash, password).result()


@cache
def _dummy_hash() -> str:
    return hash_password(secrets.token_urlsafe())


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password is the one of the stored argon2id or bcrypt hash.

    For an unknown name (`stored` is None) a dummy is checked, so that the time does not tell whether the name exists.
    """
    against = stored or _dummy_hash()
    return _hashing.submit(_matches, against, password).result() and bool(stored)


def _matches(stored: str, password: str) -> bool:
    if stored.startswith("$2"):
        return bcrypt.checkpw(password.encode()[:72], stored.encode())
    try:
        return _argon2.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    return stored.startswith("$2") or _argon2.check_needs_rehash(stored)


@cache
def _common() -> frozenset[str]:
    """The 30,000 passwords that zxcvbn's authors counted most often in leaks."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])


def check_new_password(
    password: str, username: str, current: str | None = None, *, field: str = "new_password"
) -> None:
    """Raises the BotException of the first rule that the new password, typed into that field, breaks."""
    lowered = password.casefold()
    if len(password) < MINIMUM:
        raise _refused("PASSWORD_TOO_SHORT", field)
    if username.casefold() in lowered or _PRODUCT in lowered:
        raise _refused("PASSWORD_IS_NAME", field)
    if lowered in _common() or len(set(lowered)) < 4:
        raise _refused("PASSWORD_TOO_COMMON", field)
    if current is not None and password == current:
        raise _refused("PASSWORD_UNCHANGED", field)


def _refused(name: str, field: str) -> BotException:
    refusal = BotException(name)
    refusal.meta["errors"] = [{"field": field, "code": name, "message": refusal.message}]
    return refusal


def random_password() -> str:
    """A first password: 16 characters of an alphabet without look-alikes, about 93 bits."""
    alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))
