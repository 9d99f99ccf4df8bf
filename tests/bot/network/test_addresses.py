"""Addresses of the public internet, and those that only look like one."""

import pytest

from bot.network.addresses import is_loopback, is_public, system_resolver

PUBLIC = "93.184.216.34"
FORBIDDEN = [
    "0.0.0.0",  # noqa: S104  refused, not bound to
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%2",
    "fec0::1",
    "ff02::1",
    "no address",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_only_the_public_internet_is_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::8"])
def test_the_public_internet_is(address):
    assert is_public(address)


@pytest.mark.parametrize(
    ("address", "ours"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), (PUBLIC, False), ("localhost", False)],
)
def test_loopback_is_this_machine(address, ours):
    assert is_loopback(address) is ours


def test_the_system_is_asked_as_it_would_connect():
    assert system_resolver("127.1") == system_resolver("2130706433") == ["127.0.0.1"]


@pytest.mark.parametrize("host", ["x" * 64 + ".example", ""])
def test_what_is_no_name_of_a_host_has_no_address(host):
    with pytest.raises(OSError, match=r"."):
        system_resolver(host)
