"""Random tokens and their digests."""

import hashlib
import secrets


def digest(token: str) -> str:
    """Return the SHA-256 of a token in hexadecimal. Only this is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """Return 256 random bits as URL-safe text."""
    return secrets.token_urlsafe(32)
