"""Proxies as they are sold, in one line without a scheme, and what is said of those that the demo refuses."""

import pytest

from bot.core.errors import BotException
from bot.linking import proxy
from bot.linking.proxy import parse_proxy
from bot.network import pinned_http


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("127.0.0.1:9998:user:pass", "http://user:pass@127.0.0.1:9998"),
        ("user:pass@127.0.0.1:9998", "http://user:pass@127.0.0.1:9998"),
        ("user:pass:127.0.0.1:9998", "http://user:pass@127.0.0.1:9998"),
        ("127.0.0.1:9998", "http://127.0.0.1:9998"),
        ("127.0.0.1:9998@user:pass", "http://user:pass@127.0.0.1:9998"),
        ("127.0.0.1:9998::", "http://127.0.0.1:9998"),
        ("localhost:8080", "http://localhost:8080"),
        ("Gate.Example.com:7000:cust-a_1-session-2:pw", "http://cust-a_1-session-2:pw@gate.example.com:7000"),
        ("http://gate.example.com:7000:user:pass", "http://user:pass@gate.example.com:7000"),
        ("socks5://user:pass:gate.example.com:7000", "socks5h://user:pass@gate.example.com:7000"),
        ("user:pass@gate:7000", "http://user:pass@gate:7000"),
        ("user:p%40ss@gate.example.com:7000", "http://user:p%40ss@gate.example.com:7000"),
        ("user:p@ss@gate.example.com:7000", "http://user:p%40ss@gate.example.com:7000"),
        ("1.2.3.4:80:user:p@ss:w/o#d?%", "http://user:p%40ss%3Aw%2Fo%23d%3F%25@1.2.3.4:80"),
        ("user:pa:ss:1.2.3.4:80", "http://user:pa%3Ass@1.2.3.4:80"),
        ("[2606:4700::1111]:3128:user:pass", "http://user:pass@[2606:4700::1111]:3128"),
        ("1.2.3.4\t80\tuser\tpass", "http://user:pass@1.2.3.4:80"),
        ("1.2.3.4 80", "http://1.2.3.4:80"),
        (" 1.2.3.4:80 user:pass\r\n", "http://user:pass@1.2.3.4:80"),
        # The user has a number as a password, and no dots: only one of the two can be a host.
        ("user1:8080:1.2.3.4:80", "http://user1:8080@1.2.3.4:80"),
        ("1.2.3.4:80:user1:8080", "http://user1:8080@1.2.3.4:80"),
        ("http://user:pass@Bücher.example:7000", "http://user:pass@xn--bcher-kva.example:7000"),
        ("прокси.рф:7000:user:pass", "http://user:pass@xn--h1adldfi.xn--p1ai:7000"),
        ("socks5://faß.example:1080", "socks5h://xn--fa-hia.example:1080"),
    ],
)
def test_a_proxy_is_read_as_it_is_sold(typed, kept):
    assert parse_proxy(typed).url == kept
    assert parse_proxy(kept).url == kept


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("10.0.0.1:80:10.0.0.2:90", "This can be read in two ways."),
        ("first.last:8080:gate.example.com:80", "This can be read in two ways."),
        ("1.2.3.4:80@5.6.7.8:90", "This can be read in two ways."),
        ("gate.example.com", "Add the port at the end"),
        ("user:pass@gate.example.com", "Add the port at the end"),
        ("socks5://gate.example.com:99999", "The port is a number from 1 to 65535"),
        ("http://gate.example.com:0", "The port is a number from 1 to 65535"),
        ("gate.example.com:70000:user:pass", "The port is a number from 1 to 65535"),
        ("https://1.2.3.4:80:user:pass", "A proxy is reached by http or socks5."),
        ("gate:7000:user:pass", "Type it like"),
        ("1.2.3.4:80:user", "Type it like"),
        ("1.2.3.4:99999:user:pass", "The port is a number from 1 to 65535"),
        ("1.2.3.4:80::pass", "Type it like"),
        ("1.2.3.4:80:user:p\x00", "Type it like"),
        ("user:8080", "Type it like"),
        ("http://user:pass@büch\u200eer.example:7000", "Type it like"),
        ("http://💣.example:7000", "Type it like"),
        ("1.2.3.4;80;user;pass", "Type it like"),
    ],
)
def test_a_proxy_that_can_be_read_in_two_ways_or_none_is_refused(typed, words):
    with pytest.raises(BotException, match="PROXY_MALFORMED") as raised:
        parse_proxy(typed)
    assert raised.value.meta["errors"][0]["message"].startswith(words)


@pytest.mark.usefixtures("base_app")
@pytest.mark.parametrize("typed", ["http://8.8.8.8:8080", "8.8.8.8:8080:user:pass", "socks5://10.0.0.1:1080"])
def test_in_the_demo_a_proxy_elsewhere_is_told_that_only_this_machine_is_allowed(typed):
    with pytest.raises(BotException, match="PROXY_FORBIDDEN") as raised:
        proxy.check_proxy(typed)
    assert "only be on this machine in the demo" in raised.value.message
    assert "public" not in raised.value.remedy
    assert raised.value.meta["errors"][0]["message"] == raised.value.message


@pytest.mark.usefixtures("base_app")
@pytest.mark.parametrize("typed", ["https://8.8.8.8/hook", "http://10.0.0.1:8080", "https://example.org/hook"])
def test_in_the_demo_a_webhook_elsewhere_is_told_the_same(typed):
    with pytest.raises(BotException, match="WEBHOOK_FORBIDDEN") as raised:
        pinned_http.check_url(typed)
    assert "only be on this machine in the demo" in raised.value.message
    assert raised.value.meta["errors"][0]["message"] == raised.value.message
