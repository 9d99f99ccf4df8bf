"""Encryption of every secret at rest: AES-256-GCM, bound to its user, its purpose and its row."""

import hashlib
import hmac
import os
from typing import cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask, current_app

from bot.core.errors import BotException

_EXTENSION = "troupe.vault"

VERSION = b"\x01"
SALT_BYTES = 16
NONCE_BYTES = 12
KEY_ID_BYTES = 16


class Vault:
    """Seals and opens secrets with master keys by id. The first key seals, and every key opens.

    A sealed value is `version 1 | key id 16 | salt 16 | nonce 12 | ciphertext + tag`. The key of a value is
    HKDF-SHA256(master key, salt, purpose and user). Version, key id, purpose, user and row are authenticated, so a
    value does not open after it is moved to another row, user or purpose.
    """

    def __init__(self, master_keys: dict[str, bytes]) -> None:
        self._keys = {_pad(key_id): key for key_id, key in master_keys.items()}
        self._current = next(iter(self._keys))

    @property
    def current(self) -> str:
        """The id of the key that seals."""
        return _unpad(self._current)

    def seal(self, secret: str, *, purpose: str, user_id: str, row: str) -> bytes:
        salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
        header = VERSION + self._current
        key = _derive(self._keys[self._current], salt, purpose, user_id)
        sealed = AESGCM(key).encrypt(nonce, secret.encode(), _context(header, purpose, user_id, row))
        return header + salt + nonce + sealed

    def open(self, sealed: bytes, *, purpose: str, user_id: str, row: str) -> str:
        """Return the secret. Raises VAULT_REFUSED if the value, its binding or the key differs from the sealing."""
        header, rest = sealed[: 1 + KEY_ID_BYTES], sealed[1 + KEY_ID_BYTES :]
        master = self._keys.get(header[1:])
        if header[:1] != VERSION or master is None:
            raise BotException("VAULT_REFUSED", purpose=purpose)
        salt, nonce = rest[:SALT_BYTES], rest[SALT_BYTES : SALT_BYTES + NONCE_BYTES]
        key = _derive(master, salt, purpose, user_id)
        try:
            text = AESGCM(key).decrypt(nonce, rest[SALT_BYTES + NONCE_BYTES :], _context(header, purpose, user_id, row))
        except (InvalidTag, ValueError):
            raise BotException("VAULT_REFUSED", purpose=purpose) from None
        return text.decode()

    def derived(self, purpose: str) -> str:
        """Return a stable secret of this installation for one purpose, such as signing form tokens, in hexadecimal."""
        return _derive(self._keys[self._current], b"\0" * SALT_BYTES, purpose, "installation").hex()

    def check_values(self) -> dict[str, str]:
        """Return a value for each key id that identifies the key without revealing it. It is stored to detect a wrong
        key at start.
        """
        return {
            _unpad(key_id): hmac.new(key, b"troupe key check", hashlib.sha256).hexdigest()
            for key_id, key in self._keys.items()
        }


def _pad(key_id: str) -> bytes:
    encoded = key_id.encode()
    if not 0 < len(encoded) <= KEY_ID_BYTES:
        raise ValueError(f"a key id has 1 to {KEY_ID_BYTES} characters")
    return encoded.ljust(KEY_ID_BYTES, b"\0")


def _unpad(key_id: bytes) -> str:
    return key_id.rstrip(b"\0").decode(errors="replace")


def key_of(sealed: bytes) -> str:
    """Return the id of the key that sealed a value, as the value states."""
    return _unpad(sealed[1 : 1 + KEY_ID_BYTES])


def _derive(master: bytes, salt: bytes, purpose: str, user_id: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=_join(purpose, user_id)).derive(master)


def _context(header: bytes, purpose: str, user_id: str, row: str) -> bytes:
    return header + _join(purpose, user_id, row)


def _join(*parts: str) -> bytes:
    """Put its length before each text, so that no two lists of parts give the same bytes."""
    return b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)


def init_vault(app: Flask, vault: Vault) -> None:
    app.extensions[_EXTENSION] = vault


def current_vault() -> Vault:
    """Return the vault of the current app."""
    return cast(Vault, current_app.extensions[_EXTENSION])
