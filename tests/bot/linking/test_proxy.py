"""Which proxies are taken, at which address a client meets them, and when an account may change its own."""

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask, current_app
from redis import Redis
from sqlalchemy import select

from bot.config.runtime import Runtime, now
from bot.core.errors import BotException
from bot.linking import outcomes, requests, unlinking
from bot.linking import proxy as linking_proxy
from bot.linking.claimed import claim
from bot.linking.link_forms import Code, Link
from bot.linking.outcomes import Question
from bot.linking.proxy import Proxy, ProxyReport, parse_proxy, pinned
from bot.linking.stored_sessions import load_instagram_session
from bot.network.addresses import init_resolver, system_resolver
from bot.settings import preferences
from bot.settings.preferences import Settings, change_settings, settings_report
from bot.storage.models import BotStatus, InstagramCredentials
from bot.storage.tenancy import tenant
from bot.vault.cipher import Vault, current_vault, init_vault
from tests.bot.network.test_addresses import FORBIDDEN, PUBLIC
from tests.support.environment import FixedClock, config_for, shortest
from tests.support.people import give_valid_session

PASSWORD = "canary-proxy-password"
OURS = f"http://somebody:{PASSWORD}@127.0.0.1:8080"
OTHER = "socks5h://127.0.0.1:1080"


@pytest.fixture
def resolver(tmp_path: Path) -> Iterator[Callable[..., list[str]]]:
    """Outside the sandbox, answers each question with the next of these lists; gives what was asked."""
    config = config_for(tmp_path, "", "redis://127.0.0.1:1", instagram_sandbox=False, secure_cookies=True)
    app = Flask("proxies")

    def answering(*answers: list[str]) -> list[str]:
        asked: list[str] = []

        def resolve(host: str) -> list[str]:
            asked.append(host)
            found = answers[min(len(asked), len(answers)) - 1]
            if not found:
                raise socket.gaierror
            return found

        app.extensions["troupe"] = Runtime(config, FixedClock(), shortest, Redis(port=1))
        init_resolver(app, resolve)
        return asked

    with app.app_context():
        yield answering


def refusal(work: Callable[[], object]) -> str:
    with pytest.raises(BotException) as raised:
        work()
    assert raised.value.meta["delivered"] == "no"
    assert [problem["field"] for problem in raised.value.meta["errors"]] == ["proxy"]
    assert PASSWORD not in repr(raised.value.meta) + str(raised.value)
    return raised.value.name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("http://proxy.example:8080", "http://proxy.example:8080"),
        (" HTTP://Proxy.Example:8080/ ", "http://proxy.example:8080"),
        ("socks5://proxy.example:1080", "socks5h://proxy.example:1080"),
        ("socks5h://u:p@proxy.example:1080", "socks5h://u:p@proxy.example:1080"),
        ("http://user@proxy.example:1", "http://user@proxy.example:1"),
        ("http://u:p:q@h:1", "http://u:p%3Aq@h:1"),
        ("http://u:p@q@h:1", "http://u:p%40q@h:1"),
        ("http://u:p%2Fq%23@h:1", "http://u:p%2Fq%23@h:1"),
        ("http://h\\@x:80", "http://h%5C@x:80"),
        ("http://u:50%off@h:1", "http://u:50%25off@h:1"),
        ("http://u:ä@h:1", "http://u:%C3%A4@h:1"),
        ("http://[2606:4700::1111]:3128", "http://[2606:4700::1111]:3128"),
    ],
)
def test_a_proxy_is_kept_in_one_form(typed, kept):
    assert parse_proxy(typed).url == kept
    assert parse_proxy(kept).url == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "https://proxy.example:8080",
        "socks4://proxy.example:1080",
        "ftp://proxy.example:21",
        "http://proxy.example",
        "http://proxy.example:",
        "http://proxy.example:0",
        "http://proxy.example:65536",
        "http://proxy.example:٨٠",
        "http://proxy.example:80/path",
        "http://proxy.example:80?query",
        "http://proxy.example:80#fragment",
        "http://:80",
        "http://u:p@:80",
        "http://:p@h:80",
        "http://u%3Ax:p@h:80",
        "http://u:p%0d%0aHost%3A%20x@h:80",
        "http://u:p%00@h:80",
        "http://u:p%ff@h:80",
        "http://u:a b@h:80",
        "http://u:p\n@h:80",
        "http://①②⑦.0.0.1:80",
        "http://[::1:80",
        "http://[::g]:80",
        "http://[fe80::1%eth0]:80",
        "http://::1:80",
        f"http://u:{'p' * 256}@h:80",
        f"http://{'h' * 254}:80",
        f"http://u:p@{'h' * 500}:80",
    ],
)
def test_what_is_no_proxy_is_refused(typed):
    assert refusal(lambda: parse_proxy(typed)) == "PROXY_MALFORMED"


def test_neither_the_url_nor_its_parts_show_by_accident():
    assert PASSWORD not in repr(parse_proxy(OURS))
    assert "somebody" not in repr(parse_proxy(OURS))


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0177.0.0.1", "0x7f.1", "0x7f000001", "0", "localhost"])
def test_other_ways_to_write_an_address_do_not_get_through(resolver, host):
    asked = resolver([PUBLIC])
    init_resolver(current_app, system_resolver)
    assert refusal(lambda: pinned(f"http://{host}:80")) == "PROXY_FORBIDDEN"
    assert asked == []


@pytest.mark.parametrize("forbidden", FORBIDDEN)
def test_one_forbidden_answer_of_several_is_enough(resolver, forbidden):
    resolver([PUBLIC, forbidden])
    assert refusal(lambda: pinned("http://proxy.example:80")) == "PROXY_FORBIDDEN"


def test_a_client_gets_the_address_that_was_checked_and_not_the_name(resolver):
    asked = resolver([PUBLIC, "1.1.1.1"])
    assert pinned(f"http://u:{PASSWORD}@proxy.example:80") == f"http://u:{PASSWORD}@{PUBLIC}:80"
    assert asked == ["proxy.example"]


def test_an_ipv6_address_stands_in_brackets(resolver):
    resolver(["2606:4700::1111"])
    assert pinned("socks5://proxy.example:80") == "socks5h://[2606:4700::1111]:80"


def test_a_name_that_leads_home_after_it_was_set_is_refused_when_a_client_is_made(resolver):
    resolver([PUBLIC], ["127.0.0.1"])
    kept = linking_proxy.check_proxy("http://proxy.example:80").url
    assert kept == "http://proxy.example:80"
    assert refusal(lambda: pinned(kept)) == "PROXY_FORBIDDEN"


@pytest.mark.parametrize("host", ["nowhere.example", "x" * 64 + ".example"])
def test_a_name_that_nobody_knows_is_told(resolver, host):
    resolver([])
    assert refusal(lambda: pinned(f"http://{host}:80")) == "PROXY_NOT_FOUND"


@pytest.mark.parametrize("host", ["93.184.216.34", "proxy.example", "10.0.0.1", "[2606:4700::1111]", "[::ffff:7f00:1]"])
def test_in_the_sandbox_nothing_leaves_the_machine(base_app, host):
    init_resolver(base_app, pytest.fail)
    assert refusal(lambda: pinned(f"http://{host}:80")) == "PROXY_FORBIDDEN"
    assert pinned("http://localhost:80") == "http://127.0.0.1:80"
    assert pinned("http://[::1]:80") == "http://[::1]:80"


def change(user, proxy):
    return change_settings(user.id, Settings(proxy=proxy)).proxy


def link(user, proxy=None, username="insta.name"):
    """A link that a worker has taken."""
    answer = requests.link(user.id, Link(username=username, password="pass word", proxy=proxy), wait=0)
    taken = claim(user.id, answer.id)
    assert taken is not None
    return taken


def succeed(user, taken):
    outcomes.linked(user.id, taken, session_data="{}", instagram_id="7", username=taken.username)


def ask_for_code(user, taken):
    outcomes.needs_code(user.id, taken, Question("challenge", "you", "{}"))


def stored(user):
    with tenant(user.id) as session:
        return session.scalars(select(InstagramCredentials)).one().proxy_encrypted


def test_what_is_shown_of_a_proxy_holds_no_secret(ready):
    assert change(ready, OURS) == ProxyReport("http", "127.0.0.1", 8080, has_credentials=True)
    assert settings_report(ready.id).proxy == ProxyReport("http", "127.0.0.1", 8080, has_credentials=True)
    assert PASSWORD.encode() not in stored(ready)
    assert change(ready, OTHER) == ProxyReport("socks5h", "127.0.0.1", 1080, has_credentials=False)


def test_a_proxy_that_is_not_named_stays_and_null_removes_it(ready):
    change(ready, OURS)
    assert change_settings(ready.id, Settings(warm_up=False)).proxy is not None
    assert change(ready, None) is None
    assert stored(ready) is None


def test_without_an_account_there_is_none_to_set_it_for(alice):
    with pytest.raises(BotException, match="NOT_LINKED"):
        change(alice, OURS)
    assert change(alice, None) is None


def test_a_worker_gets_the_proxy_and_notices_a_change(ready):
    before = load_instagram_session(ready.id)
    change(ready, OURS)
    after = load_instagram_session(ready.id, unless_version=before.version)
    assert (before.proxy, after.proxy) == (None, OURS)
    change(ready, OURS)
    assert load_instagram_session(ready.id, unless_version=after.version) is None


def test_a_refused_proxy_changes_nothing_else(ready):
    with pytest.raises(BotException, match="PROXY_FORBIDDEN"):
        change_settings(ready.id, Settings(warm_up=False, proxy="http://10.0.0.1:80"))
    assert settings_report(ready.id).warm_up


def test_a_link_brings_its_proxy_and_a_later_one_keeps_it(alice):
    taken = link(alice, OURS)
    assert (taken.password, taken.proxy) == ("pass word", OURS)
    assert PASSWORD not in repr(taken)
    assert settings_report(alice.id).proxy is None
    succeed(alice, taken)
    assert settings_report(alice.id).proxy is not None
    again = link(alice)
    assert again.proxy == OURS
    succeed(alice, again)
    assert load_instagram_session(alice.id).proxy == OURS


def test_a_link_that_fails_leaves_the_proxy_as_it_was(alice):
    succeed(alice, link(alice, OURS))
    outcomes.failed(alice.id, link(alice, OTHER), BotException("INSTAGRAM_WRONG_PASSWORD"))
    assert load_instagram_session(alice.id).proxy == OURS


def test_another_account_does_not_go_through_the_proxy_of_the_first(alice):
    succeed(alice, link(alice, OURS))
    taken = link(alice, username="another")
    assert taken.proxy is None
    succeed(alice, taken)
    assert settings_report(alice.id).proxy is None


def test_unlinking_forgets_the_proxy(alice):
    succeed(alice, link(alice, OURS))
    unlinking.unlink(alice.id)
    succeed(alice, link(alice))
    assert settings_report(alice.id).proxy is None


def test_a_proxy_never_changes_in_the_middle_of_a_challenge(alice, clock):
    ask_for_code(alice, link(alice, OURS))
    for change_it in (lambda: change(alice, OTHER), lambda: change(alice, None), lambda: link(alice, OTHER)):
        with pytest.raises(BotException, match="PROXY_IN_CHALLENGE"):
            change_it()
    assert change(alice, OURS) is not None
    answer = requests.verify(alice.id, Code(code="123456"), wait=0)
    taken = claim(alice.id, answer.id)
    assert taken.proxy == OURS
    outcomes.failed(alice.id, taken, BotException("INSTAGRAM_WRONG_CODE"))
    clock.advance(seconds=outcomes.CODE_LASTS.total_seconds())
    assert change(alice, OTHER) is not None


def test_a_proxy_does_not_change_under_a_request(alice, clock):
    succeed(alice, link(alice, OURS))
    requests.test_session(alice.id, wait=0)
    with pytest.raises(BotException, match="INSTANCE_BUSY"):
        change(alice, OTHER)
    clock.advance(seconds=requests.ABANDONED_AFTER.total_seconds())
    assert change(alice, OTHER) is not None


def test_a_bot_that_waited_for_a_dead_proxy_goes_on_with_another(ready):
    error = BotException("INSTAGRAM_PROXY_FAILED")
    with tenant(ready.id) as session:
        status = session.scalars(select(BotStatus)).one()
        status.last_error_code, status.next_step_at = error.code, now() + timedelta(hours=1)
        session.commit()
    change(ready, OTHER)
    with tenant(ready.id) as session:
        status = session.scalars(select(BotStatus)).one()
        assert (status.last_error_code, status.next_step_at) == (None, None)


def test_a_proxy_whose_key_is_lost_is_not_left_out_unasked(base_app, ready):
    give_valid_session(ready.id)
    change(ready, OURS)
    lost = current_vault()
    init_vault(base_app, Vault({"t2": bytes(range(32))}))
    report = settings_report(ready.id).proxy
    assert (report.readable, report.has_credentials) == (False, True)
    with pytest.raises(BotException, match="VAULT_REFUSED"):
        link(ready)
    taken = link(ready, OTHER)
    succeed(ready, taken)
    assert load_instagram_session(ready.id).proxy == OTHER
    init_vault(base_app, lost)


def test_nobody_sees_or_changes_the_proxy_of_another(ready, bob):
    change(ready, OURS)
    assert preferences.settings_report(bob.id).proxy is None
    with pytest.raises(BotException, match="NOT_LINKED"):
        change(bob, OTHER)


def test_a_proxy_at_another_address_is_the_same_proxy():
    assert Proxy("http", "h", 80, "u", "p").at(PUBLIC) == f"http://u:p@{PUBLIC}:80"
