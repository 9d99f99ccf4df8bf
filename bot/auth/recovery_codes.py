"""Recovery codes: ten of each user with a second factor; each stands in for a code of it, once.

A code is 16 characters of an alphabet of 32 and without look-alikes. The first 4 tell which of the user's it is and are
kept as they are; for the other 60 bits the whole is hashed as passwords are. So one hash is reckoned for what is
typed, not ten.
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
    """Codes as they are shown, in groups of four, each with its hash; ten hashes take a fifth of a second."""
    codes: dict[str, str] = {}
    while len(codes) < COUNT:
        code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        codes.setdefault(code[:_LOOKUP], code)
    return {"-".join(re.findall("....", code)): hash_password(code) for code in codes.values()}


def replace(session: IdentitySession, user_id: str, codes: dict[str, str]) -> None:
    """Those of before are void, and these count; the session is of that user, and the caller commits."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.add_all(
        RecoveryCode(user_id=user_id, lookup=code[:_LOOKUP], code_hash=hashed, created_at=now())
        for code, hashed in codes.items()
    )


def find(user_id: str, typed: str) -> str | None:
    """The id of the user's unused code that was typed, with or without its dashes; None when it is none."""
    code = plain_code(typed)
    unused = (RecoveryCode.user_id == user_id) & RecoveryCode.used_at.is_(None)
    with identity(user_id, reading=True) as session:
        row = session.scalars(select(RecoveryCode).where(unused, RecoveryCode.lookup == code[:_LOOKUP])).one_or_none()
    return row.id if verify_password(row.code_hash if row else None, code) and row else None


def use(session: IdentitySession, user_id: str, code_id: str) -> bool:
    """Whether it was unused until now: of several at once one gets True. The caller commits."""
    mine = (RecoveryCode.user_id == user_id) & (RecoveryCode.id == code_id)
    change = update(RecoveryCode).where(mine, RecoveryCode.used_at.is_(None)).values(used_at=now())
    return bool(session.execute(change.returning(RecoveryCode.id)).all())


def left(user_id: str) -> int:
    """How many have not been used."""
    unused = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    with identity(user_id, reading=True) as session:
        return session.scalars(unused).one()
