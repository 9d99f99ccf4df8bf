"""Signatures of webhooks by Standard Webhooks 1.0.0 (https://www.standardwebhooks.com), and as they were before it."""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode

SECRET_PREFIX = "whsec_"  # noqa: S105  it is the same for everybody
_SECRET_BYTES = 32


def new_secret() -> str:
    """Return `whsec_` and 32 random bytes in base64. The standard asks for 24 to 64."""
    return SECRET_PREFIX + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signature_headers(message_id: str, timestamp: int, body: bytes, secret: str) -> dict[str, str]:
    """Return the headers that sign a body.

    `message_id` is the same in every try of one message. `timestamp` is that of the try, in seconds since 1970.
    `webhook-signature` is keyed by the bytes behind `whsec_`. Secrets of before have no such prefix: their characters
    are the key. The headers `X-Troupe-…` are sent until version 1.0, keyed by the characters of every secret.
    """
    moment = str(timestamp)
    signed = f"{message_id}.{moment}.".encode() + body
    signature = b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()
    former = hmac.digest(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hex()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{signature}",
        "X-Troupe-Timestamp": moment,
        "X-Troupe-Signature": f"sha256={former}",
    }


def _key(secret: str) -> bytes:
    if secret.startswith(SECRET_PREFIX):
        return b64decode(secret.removeprefix(SECRET_PREFIX))
    return secret.encode()
