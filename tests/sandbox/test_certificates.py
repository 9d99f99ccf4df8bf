"""The authority of the sandbox lasts over restarts, and its certificate is of the hosts that it stands in for."""

import ssl
import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from sandbox.certificates import VALID, prepare

HOSTS = ("i.instagram.com", "b.i.instagram.com")
NOW = datetime.now(UTC).replace(microsecond=0)


def certificate_in(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_certificate_is_of_the_hosts_and_of_the_authority(tmp_path):
    files = prepare(tmp_path, HOSTS, NOW)
    server = certificate_in(files.certificate)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert tuple(names.get_values_for_type(x509.DNSName)) == HOSTS
    server.verify_directly_issued_by(x509.load_pem_x509_certificate(files.ca_pem.encode()))
    assert server.not_valid_before_utc < NOW < server.not_valid_after_utc == NOW + VALID


def test_a_server_can_be_started_with_it_and_a_client_can_trust_it(tmp_path):
    files = prepare(tmp_path, HOSTS, NOW)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(files.certificate, files.key)
    assert ssl.create_default_context(cadata=files.ca_pem).cert_store_stats()["x509_ca"] > 0


def test_keys_are_their_owners_alone(tmp_path):
    prepare(tmp_path, HOSTS, NOW)
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("ca.key", "server.key")} == {0o600}


def test_an_authority_is_used_again_with_a_new_certificate(tmp_path):
    first = prepare(tmp_path, HOSTS, NOW)
    old = first.certificate.read_bytes()
    again = prepare(tmp_path, HOSTS, NOW)
    assert again.ca_pem == first.ca_pem
    assert again.certificate.read_bytes() != old


@pytest.mark.parametrize("spoiled", ["is over", "is missing", "is of another key", "is no key", "is no certificate"])
def test_an_authority_that_is_of_no_use_is_replaced(tmp_path, spoiled):
    first, when = prepare(tmp_path, HOSTS, NOW), NOW
    if spoiled == "is over":
        authority = x509.load_pem_x509_certificate(first.ca_pem.encode())
        when = authority.not_valid_after_utc - timedelta(hours=23)
    elif spoiled == "is missing":
        (tmp_path / "ca.key").unlink()
    elif spoiled == "is of another key":
        (tmp_path / "ca.key").write_bytes(first.key.read_bytes())
    elif spoiled == "is no key":
        (tmp_path / "ca.key").write_text("no key")
    else:
        (tmp_path / "ca.pem").write_text("no certificate")
    assert prepare(tmp_path, HOSTS, when).ca_pem != first.ca_pem
