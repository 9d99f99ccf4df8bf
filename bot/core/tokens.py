"""Random tokens and what is stored of them."""

import hashlib
import secrets


def digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """256 bits, URL-safe."""
    return secrets.token_urlsafe(32)
