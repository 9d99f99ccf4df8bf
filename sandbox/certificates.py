"""The sandbox's private authority, and the certificate that it issues for the TLS port."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

VALID = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The server's files. `ca_pem` is for its clients."""

    certificate: Path
    key: Path
    ca_pem: str


def prepare(folder: Path, hosts: Sequence[str], now: datetime) -> TlsFiles:
    """Write a new server certificate. The authority of an earlier start is used again while it is valid."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = _kept(folder, now) or _new_authority(folder)
    issued = authority.issue_cert(*hosts, not_before=now - timedelta(hours=1), not_after=now + VALID)
    files = TlsFiles(folder / "server.pem", folder / "server.key", authority.cert_pem.bytes().decode())
    issued.cert_chain_pems[0].write_to_path(files.certificate)
    _write_key(files.key, issued.private_key_pem)
    return files


def _kept(folder: Path, now: datetime) -> trustme.CA | None:
    try:
        pem, key = (folder / "ca.pem").read_bytes(), (folder / "ca.key").read_bytes()
        certificate = x509.load_pem_x509_certificate(pem)
        belongs = certificate.public_key() == load_pem_private_key(key, None).public_key()
        lasts = certificate.not_valid_after_utc > now + timedelta(days=1)
        return trustme.CA.from_pem(pem, key) if belongs and lasts else None
    except (FileNotFoundError, ValueError):
        return None


def _new_authority(folder: Path) -> trustme.CA:
    authority = trustme.CA(path_length=0, organization_unit_name="Sandbox Instagram CA")
    _write_key(folder / "ca.key", authority.private_key_pem)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return authority


def _write_key(path: Path, key: trustme.Blob) -> None:
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(key.bytes())
