"""Settings from the environment; the system refuses to start on bad ones."""

import base64
import os

import pytest

from bot.config import Config, ConfigError

GOOD = "k1:" + base64.b64encode(bytes(range(32))).decode()


def test_a_good_key_is_read():
    assert list(Config.from_env(encryption_keys=GOOD).master_keys()) == ["k1"]


def test_keys_may_stand_in_a_file(tmp_path):
    path = tmp_path / "keys"
    path.write_text(f"{GOOD}\nold:{base64.b64encode(os.urandom(32)).decode()}\n")
    keys = Config.from_env(encryption_keys="", encryption_keys_file=path).master_keys()
    assert list(keys) == ["k1", "old"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "k1",
        "k1:short",
        "k1:" + base64.b64encode(b"x" * 31).decode(),
        "k1:" + base64.b64encode(b"\0" * 32).decode(),
        "k1:" + base64.b64encode(b"0123456789" * 3 + b"01").decode(),
        f"{GOOD},{GOOD}",
        "bad id:" + GOOD.split(":")[1],
    ],
)
def test_missing_weak_and_sample_keys_are_refused_without_being_told(text):
    with pytest.raises(ConfigError) as refused:
        Config.from_env(encryption_keys=text, encryption_keys_file=None).master_keys()
    assert "ENCRYPTION_KEYS" in str(refused.value)
    assert GOOD.split(":")[1] not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "0"),
        ("port", "web"),
        ("session_timeout", "5"),
        ("session_storage", "file"),
        ("admin_password", "short"),
        ("worker_threads", "0"),
    ],
)
def test_a_bad_setting_is_named(name, value, monkeypatch):
    monkeypatch.setenv(name.upper(), value)
    with pytest.raises(ConfigError, match=name.upper()):
        Config.from_env()


def test_a_refusal_does_not_tell_the_password(monkeypatch):
    monkeypatch.setenv("ADMIN_PASSWORD", "hunter2")
    with pytest.raises(ConfigError) as refused:
        Config.from_env()
    assert "hunter2" not in str(refused.value)


def test_insecure_cookies_go_with_the_sandbox_only():
    with pytest.raises(ConfigError, match="SECURE_COOKIES"):
        Config.from_env(secure_cookies=False, instagram_sandbox=False)


@pytest.mark.parametrize("url", ["postgres://u@h/db", "postgresql://u@h/db", "postgresql+psycopg://u@h/db"])
def test_every_spelling_of_postgresql_is_understood(url):
    assert Config.from_env(database_url=url).sqlalchemy_url == "postgresql+psycopg://u@h/db"
