"""Settings from the environment; the system refuses to start on bad ones."""

import base64
import os
import ssl

import pytest

from bot.config.environment import Config, ConfigError

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


REFUSED = [
    ("DATABASE_URL", "canary"),
    ("DATABASE_URL", "mysql://root:canary@h/db"),
    ("DATABASE_URL", "postgresql://u:canary@h:port/db"),
    ("DATABASE_URL", "postgresql://u:canary@h"),
    ("DATABASE_URL", "postgres://u:canary@h/db?ssl=true"),
    ("DATABASE_URL", "sqlite://"),
    ("DATABASE_URL", "sqlite:///:memory:"),
    ("DATABASE_URL", "sqlite://canary/troupe.db"),
    ("REDIS_URL", "canary"),
    ("REDIS_URL", "http://:canary@h:6379"),
    ("REDIS_URL", "redis://:canary@h:port"),
    ("REDIS_URL", "rediss://:canary@h:6379/zero"),
    ("REDIS_URL", "redis://:canary@"),
    ("REDIS_URL", "unix://"),
    ("REDIS_URL", "rediss://:canary@h:6379?ssl_cert_reqs=none"),
    ("REDIS_CA_FILE", "/dev/null"),
    ("REDIS_CA_FILE", "/there/is/no/such/file"),
    ("REDIS_TLS_VERIFY", "sometimes"),
    ("REDIS_TLS_VERIFY", "off"),
    ("DATABASE_SINGLE_ROLE", "1"),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_a_bad_address_is_named_without_its_password(name, value, monkeypatch):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=name) as refused:
        Config.from_env()
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "understood"),
    [
        ("postgres://u:p%40x@h:1/db?sslmode=require", "postgresql+psycopg://u:p%40x@h:1/db?sslmode=require"),
        ("postgresql+psycopg2://u@h/db", "postgresql+psycopg://u@h/db"),
        ("postgresql+asyncpg://u@h/db", "postgresql+psycopg://u@h/db"),
        (" postgres://u@h/db\n", "postgresql+psycopg://u@h/db"),
        ("postgresql:///?service=troupe", "postgresql+psycopg:///?service=troupe"),
        ("sqlite:////srv/troupe.db", "sqlite:////srv/troupe.db"),
    ],
)
def test_the_address_of_a_database_is_taken_as_hosts_give_it(url, understood):
    assert Config.from_env(database_url=url).sqlalchemy_url == understood


@pytest.mark.parametrize("url", ["redis://h", "rediss://:p@h:1/2", "unix:///run/redis.sock?db=1", "redis://u:p@h:1/"])
def test_the_address_of_redis_is_taken_as_hosts_give_it(url):
    assert Config.from_env(redis_url=url).redis_address == url


def test_a_ca_and_no_check_at_all_contradict_each_other(monkeypatch):
    authority = ssl.get_default_verify_paths().openssl_cafile
    ca = {"redis_url": "rediss://h", "redis_ca_file": authority}
    assert Config.from_env(**ca).redis_address == f"rediss://h?ssl_ca_certs={authority}"
    with pytest.raises(ConfigError, match="contradict"):
        Config.from_env(**ca, redis_tls_verify=False)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("DATABSE_URL", "DATABASE_URL"),
        ("DATABASEURL", "DATABASE_URL"),
        ("database_ulr", "DATABASE_URL"),
        ("REDIS_URI", "REDIS_URL"),
        ("REDIS_CAFILE", "REDIS_CA_FILE"),
        ("ENCRYPTION_KEY", "ENCRYPTION_KEYS"),
        ("ENCRYPTION_KEYS_FLIE", "ENCRYPTION_KEYS_FILE"),
        ("TRUSTED_PROXY", "TRUSTED_PROXIES"),
        ("ALLOWED_HOST", "ALLOWED_HOSTS"),
        ("PUBLIC_URLS", "PUBLIC_URL"),
        ("SMPT_URL", "SMTP_URL"),
        ("MAIL_FORM", "MAIL_FROM"),
        ("WORKER_THREAD", "WORKER_THREADS"),
        ("WEB_CONCURENCY", "WEB_CONCURRENCY"),
        ("METRIC_TOKEN", "METRICS_TOKEN"),
    ],
)
def test_a_misspelt_setting_is_named_with_the_right_one(typed, meant, monkeypatch):
    monkeypatch.delenv(meant, raising=False)
    monkeypatch.setenv(typed, "canary")
    with pytest.raises(ConfigError) as refused:
        Config.from_env()
    assert str(refused.value) == f"{typed.upper()} is no setting: did you mean {meant}?"


OF_OTHERS = """
    REDIS_TLS_URL DATABASE_PRIVATE_URL HEROKU_POSTGRESQL_GREEN_URL TEST_DATABASE_URL PGPORT PORTS SMTP_SERVER POST
    SESSION_SECRET INSTANCE_ID PUBLIC_IP LOG_LEVELS_OF_ANOTHER MAILTO WORKER_ID INSTAGRAM_USERNAME
"""


@pytest.mark.parametrize("name", OF_OTHERS.split())
def test_settings_of_other_programs_are_nobodys_business(name, monkeypatch):
    monkeypatch.setenv(name, "1")
    Config.from_env()


def test_a_name_that_is_like_a_setting_that_is_there_is_for_another_program(monkeypatch):
    monkeypatch.setenv("REDIS_URI", "redis://elsewhere")
    monkeypatch.setenv("REDIS_URL", "redis://here")
    assert Config.from_env().redis_url == "redis://here"
