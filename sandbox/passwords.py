"""The key that clients encrypt passwords with, and decrypting what they send."""

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY_ID = 205
PREFIX = "#PWD_INSTAGRAM:4:"


class PasswordKey:
    """A fresh RSA key. Instagram hands out the public half before a sign-in."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.headers = [
            ("ig-set-password-encryption-key-id", str(KEY_ID)),
            ("ig-set-password-encryption-pub-key", base64.b64encode(pem).decode()),
        ]

    def decrypt(self, sent: str) -> str | None:
        """Return the password; None if it was not encrypted with this key as version 4 says.

        Version 4 is `PREFIX timestamp : base64(1, key id, iv 12, length LE 2, RSA(AES key), tag 16, text)`, with the
        timestamp as additional data.
        """
        if not sent.startswith(PREFIX):
            return None
        timestamp, _, encoded = sent.removeprefix(PREFIX).partition(":")
        try:
            raw = base64.b64decode(encoded, validate=True)
            end = 16 + int.from_bytes(raw[14:16], "little")
            key = self._key.decrypt(raw[16:end], padding.PKCS1v15())
            tag, text = raw[end : end + 16], raw[end + 16 :]
            password = AESGCM(key).decrypt(raw[2:14], text + tag, timestamp.encode())
        except (binascii.Error, ValueError, InvalidTag):
            return None
        return password.decode() if raw[:2] == bytes([1, KEY_ID]) else None
