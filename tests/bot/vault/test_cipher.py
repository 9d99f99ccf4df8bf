"""Secrets at rest: sealed to their user, purpose and row."""

import os

import pytest

from bot.core.errors import BotException
from bot.vault.cipher import Vault

PLACE = {"purpose": "instagram_session", "user_id": "u1", "row": "r1"}


@pytest.fixture
def vault():
    return Vault({"k1": os.urandom(32)})


def test_what_was_sealed_opens(vault):
    sealed = vault.seal("sëcret", **PLACE)
    assert "sëcret".encode() not in sealed
    assert vault.open(sealed, **PLACE) == "sëcret"


@pytest.mark.parametrize("change", [{"purpose": "x"}, {"user_id": "u2"}, {"row": "r2"}])
def test_a_value_moved_elsewhere_does_not_open(vault, change):
    with pytest.raises(BotException, match="VAULT_REFUSED"):
        vault.open(vault.seal("secret", **PLACE), **PLACE | change)


def test_no_flipped_bit_passes(vault):
    sealed = vault.seal("secret", **PLACE)
    for position in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises(BotException, match="VAULT_REFUSED"):
            vault.open(bytes(flipped), **PLACE)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"x" * 40])
def test_what_was_never_sealed_is_refused(vault, sealed):
    with pytest.raises(BotException, match="VAULT_REFUSED"):
        vault.open(sealed, **PLACE)


def test_an_older_key_opens_and_the_first_seals():
    old, new = os.urandom(32), os.urandom(32)
    sealed = Vault({"old": old}).seal("secret", **PLACE)
    both = Vault({"new": new, "old": old})
    assert both.open(sealed, **PLACE) == "secret"
    assert Vault({"new": new}).open(both.seal("secret", **PLACE), **PLACE) == "secret"
    with pytest.raises(BotException, match="VAULT_REFUSED"):
        Vault({"new": new}).open(sealed, **PLACE)


def test_no_nonce_comes_twice_among_a_hundred_thousand(vault, monkeypatch):
    # The key of each value is derived from its salt: to derive it takes longer than all else and changes no nonce.
    monkeypatch.setattr("bot.vault.cipher._derive", lambda *_: bytes(32))
    nonces = {vault.seal("s", **PLACE)[33:45] for _ in range(100_000)}
    assert len(nonces) == 100_000


def test_no_salt_comes_twice(vault):
    assert len({vault.seal("s", **PLACE)[17:33] for _ in range(2000)}) == 2000
