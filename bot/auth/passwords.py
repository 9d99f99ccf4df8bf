"""Password hashing, and the rules for new passwords."""

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
# OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane.
_argon2 = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


# Each hash takes a core and 19 MiB, which its thread keeps. One thread a core hashes as fast as many, with less memory.
_hashing = ThreadPoolExecutor(len(os.sched_getaffinity(0)), "hashing")


def one_form(password: str) -> str:
    """Return the form that is hashed and checked: NFKC. NIST SP 800-63B (5.1.1.2) asks for NFKC or NFKD.

    A Mac types an accent as a letter and a mark, others as one letter. A Japanese keyboard may type full-width letters.
    All password rules use this form, so its folding makes no password weaker than it looks.
    """
    return unicodedata.normalize("NFKC", password)


def _forms(password: str) -> list[str]:
    """Return the current form, and the forms that older hashes may use: as typed, composed or decomposed."""
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
    """Return whether the password matches the stored argon2id or bcrypt hash.

    For an unknown name (`stored` is None) it checks a dummy, so that the time does not reveal which names exist.
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
    """Return whether the hash of this correct password uses an older algorithm or another form than today's."""
    if stored.startswith("$2") or _argon2.check_needs_rehash(stored):
        return True
    return not password.isascii() and not _hashing.submit(_matches, stored, one_form(password)).result()


@cache
def _common() -> frozenset[str]:
    """Return the 30,000 passwords that zxcvbn's authors counted most often in leaks."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])


def check_new_password(
    password: str, username: str, current: str | None = None, *, field: str = "new_password"
) -> None:
    """Raise the BotException of the first rule that the new password breaks.

    Names: PASSWORD_TOO_SHORT, PASSWORD_IS_NAME, PASSWORD_TOO_COMMON, PASSWORD_UNCHANGED. `field` is the field of the
    input.
    """
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
    """Return a first password: 16 characters of an alphabet without look-alikes, about 93 bits."""
    alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))
