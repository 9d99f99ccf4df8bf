"""Webhooks are signed as the standard says, and as before until version 1.0."""

import hashlib
import hmac
from base64 import b64decode, b64encode

from bot.alerts.webhook_signatures import new_secret, signature_headers

SECRET, BODY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
VECTOR = {
    "secret": SECRET,
    "message_id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "timestamp": 1614265330,
    "body": BODY,
}
"""The published test vector of Standard Webhooks; its signature is in the first test."""


def test_the_published_test_vector_of_the_standard_is_met():
    headers = signature_headers(**VECTOR)
    assert headers["webhook-id"] == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_characters_of_an_old_secret_are_the_key():
    old = "Zm9v_-characters-of-an-old-secret"
    headers = signature_headers(**VECTOR | {"secret": old})
    signed = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    expected = b64encode(hmac.new(old.encode(), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_the_headers_of_before_are_keyed_by_the_characters_of_every_secret():
    headers = signature_headers(**VECTOR)
    expected = hmac.new(SECRET.encode(), b"1614265330." + BODY, hashlib.sha256).hexdigest()
    assert headers["X-Troupe-Timestamp"] == "1614265330"
    assert headers["X-Troupe-Signature"] == f"sha256={expected}"


def test_a_new_secret_is_of_as_many_random_bytes_as_the_standard_asks_for():
    first, second = new_secret(), new_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert 24 <= len(b64decode(first.removeprefix("whsec_"), validate=True)) <= 64
