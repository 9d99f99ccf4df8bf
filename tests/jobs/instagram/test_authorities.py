"""A folder of authorities trusts what its bundle does."""

import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest
import requests
from cryptography import x509

from jobs.instagram.authorities import one_file_each, subject_hash
from jobs.instagram.transport import CurlTransport
from tests.jobs.instagram.http2_recorder import Recorder, http2_recorder

HOST = "i.instagram.com"
REQUEST = requests.Request("GET", f"https://{HOST}/").prepare()
# By `openssl x509 -subject_hash`.
HASHES = {
    "ISRG Root X1": "4042bcee",
    "DigiCert Global Root G2": "607986c7",
    "DigiCert Global Root G3": "dd8e9d41",
    "NetLock Arany (Class Gold) Főtanúsítvány": "988a38cb",
}
BUNDLE = Path(certifi.where())


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    with http2_recorder(tmp_path / "recorder", HOST) as recorder:
        yield recorder


def bundle_with(recorder: Recorder, folder: Path) -> Path:
    bundle = folder / "bundle.pem"
    bundle.write_bytes(Path(recorder.ca_file).read_bytes() + BUNDLE.read_bytes())
    return bundle


def reached(recorder: Recorder, authorities: Path | None) -> bool:
    transport = CurlTransport(authorities)
    try:
        return transport.send(REQUEST, timeout=5, verify=True, proxies={"https": recorder.proxy}, fresh=False).ok
    except requests.exceptions.SSLError:
        return False
    finally:
        transport.close()


@pytest.mark.filterwarnings("ignore")
def test_subjects_are_hashed_as_openssl_does() -> None:
    certificates = x509.load_pem_x509_certificates(BUNDLE.read_bytes())
    found = {
        str(name[0].value): subject_hash(certificate.subject)
        for certificate in certificates
        if (name := certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME))
    }
    assert HASHES.items() <= found.items()


def test_whom_the_bundle_trusts_is_trusted_and_nobody_else(recorder: Recorder, tmp_path: Path) -> None:
    assert reached(recorder, one_file_each(bundle_with(recorder, tmp_path), tmp_path))
    assert not reached(recorder, one_file_each(BUNDLE, tmp_path))
    assert not reached(recorder, None)


def test_a_folder_is_made_once_for_a_bundle(tmp_path: Path) -> None:
    with warnings.catch_warnings(action="error"):
        made = one_file_each(BUNDLE, tmp_path / "new")
    assert made is not None
    written = {file: file.stat().st_mtime_ns for file in made.iterdir()}
    assert len(written) == BUNDLE.read_text().count("BEGIN CERT") + 1

    assert one_file_each(BUNDLE, tmp_path / "new") == made
    assert {file: file.stat().st_mtime_ns for file in made.iterdir()} == written
    assert [made] == list((tmp_path / "new").iterdir())


def test_another_bundle_is_another_folder(recorder: Recorder, tmp_path: Path) -> None:
    assert one_file_each(BUNDLE, tmp_path) != one_file_each(bundle_with(recorder, tmp_path), tmp_path)


def test_a_bundle_that_cannot_be_read_is_left_as_it_is(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    shutil.copy(BUNDLE, broken)
    broken.write_text(broken.read_text() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert one_file_each(broken, tmp_path) is None
    assert one_file_each(tmp_path / "none.pem", tmp_path) is None
