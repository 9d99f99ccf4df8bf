"""Hashing of passwords and the rules that a new one has to meet."""

import os
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.core.errors import BotException

MINIMUM = 10
MAXIMUM = 256
_PRODUCT = "troupe"
# OWASP password storage: argon2id with 19 MiB, two passes, one lane.
_argon2 = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


# Each takes a core and 19 MiB, which its thread keeps: a thread a core hashes as fast as many, in less memory.
_hashing = ThreadPoolExecutor(len(os.sched_getaffinity(0)), "hashing")


def one_form(password: str) -> str:
    """The form that is hashed and judged: NFKC, which NIST SP 800-63B (5.1.1.2) asks for, or NFKD.

    A Mac gives an accent as a letter and a mark, others as one letter; a keyboard for Japanese may give full-width
    letters. All rules about passwords look at this form too, so what it folds together makes none weaker than it looks.
    """
    return unicodedata.normalize("NFKC", password)


def _forms(password: str) -> list[str]:
    """The form of today, and those that older hashes may be of: as it was typed, composed or not."""
    if password.isascii():
        return [password]
    typed = (password, unicodedata.normalize("NFC", password), unicodedata.normalize("NFD", password))
    return list(dict.fromkeys((one_form(password), *typed)))


def hash_password(password: str) -> str:
    return _hashing.submit(_argon2.hash, one_form(password)).result()


@cache
def _dummy_hash() -> str:
    return hash_password(secrets.token_urlsafe())


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password is the one of the stored argon2id or bcrypt hash.

    For an unknown name (`stored` is None) a dummy is checked, so that the time does not tell whether the name exists.
    """
    against = stored or _dummy_hash()
    return any(_hashing.submit(_matches, against, form).result() for form in _forms(password)) and bool(stored)


def _matches(stored: str, password: str) -> bool:
    if stored.startswith("$2"):
        return bcrypt.checkpw(password.encode()[:72], stored.encode())
    try:
        return _argon2.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str, password: str) -> bool:
    """Whether the hash of this password, which is right, is of an older kind or of another form than is hashed now."""
    if stored.startswith("$2") or _argon2.check_needs_rehash(stored):
        return True
    return not password.isascii() and not _hashing.submit(_matches, stored, one_form(password)).result()


@cache
def _common() -> frozenset[str]:
    """The 30,000 passwords that zxcvbn's authors counted most often in leaks."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])


def check_new_password(
    password: str, username: str, current: str | None = None, *, field: str = "new_password"
) -> None:
    """Raises the BotException of the first rule that the new password, typed into that field, breaks."""
    lowered = one_form(password).casefold()
    if len(unicodedata.normalize("NFC", password)) < MINIMUM:
        raise _refused("PASSWORD_TOO_SHORT", field)
    if username.casefold() in lowered or _PRODUCT in lowered:
        raise _refused("PASSWORD_IS_NAME", field)
    if lowered in _common() or len(set(lowered)) < 4:
        raise _refused("PASSWORD_TOO_COMMON", field)
    if current is not None and one_form(password) == one_form(current):
        raise _refused("PASSWORD_UNCHANGED", field)


def _refused(name: str, field: str) -> BotException:
    refusal = BotException(name)
    refusal.meta["errors"] = [{"field": field, "code": name, "message": refusal.message}]
    return refusal


def random_password() -> str:
    """A first password: 16 characters of an alphabet without look-alikes, about 93 bits."""
    alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))
