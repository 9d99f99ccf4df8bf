"""Recovery codes: ten for each user with a second factor, each a one-time substitute for a code.

A code has 16 characters from an alphabet of 32 without look-alikes. Its first 4 are stored in the clear and select the
row. The whole code, with 60 more bits, is hashed like a password. So one input costs one hash and not ten.
"""

import re
import secrets

from sqlalchemy import delete, func, select, update

from bot.auth.passwords import hash_password, verify_password
from bot.config.runtime import now
from bot.inputs.typed_text import plain_code
from bot.storage.models import RecoveryCode
from bot.storage.tenancy import IdentitySession, identity

COUNT = 10
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_LENGTH, _LOOKUP = 16, 4


def new_codes() -> dict[str, str]:
    """Return new codes in groups of four, each with its hash. Ten hashes take a fifth of a second."""
    codes: dict[str, str] = {}
    while len(codes) < COUNT:
        code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        codes.setdefault(code[:_LOOKUP], code)
    return {"-".join(re.findall("....", code)): hash_password(code) for code in codes.values()}


def replace(session: IdentitySession, user_id: str, codes: dict[str, str]) -> None:
    """Replace all codes of the session's user by these. The caller commits."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.add_all(
        RecoveryCode(user_id=user_id, lookup=code[:_LOOKUP], code_hash=hashed, created_at=now())
        for code, hashed in codes.items()
    )


def find(user_id: str, typed: str) -> str | None:
    """Return the id of the user's unused code that was typed, with or without dashes, or None."""
    code = plain_code(typed)
    unused = (RecoveryCode.user_id == user_id) & RecoveryCode.used_at.is_(None)
    with identity(user_id, reading=True) as session:
        row = session.scalars(select(RecoveryCode).where(unused, RecoveryCode.lookup == code[:_LOOKUP])).one_or_none()
    return row.id if verify_password(row.code_hash if row else None, code) and row else None


def use(session: IdentitySession, user_id: str, code_id: str) -> bool:
    """Mark the code as used. Of several concurrent calls one returns True. The caller commits."""
    mine = (RecoveryCode.user_id == user_id) & (RecoveryCode.id == code_id)
    change = update(RecoveryCode).where(mine, RecoveryCode.used_at.is_(None)).values(used_at=now())
    return bool(session.execute(change.returning(RecoveryCode.id)).all())


def left(user_id: str) -> int:
    """Return the number of unused codes."""
    unused = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    with identity(user_id, reading=True) as session:
        return session.scalars(unused).one()
