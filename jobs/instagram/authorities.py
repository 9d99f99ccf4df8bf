"""Trusted authorities in one file each, so that a connection reads only the one it needs.

libcurl parses a whole bundle, more than a hundred certificates, for each connection: 4 ms, and 600 KB for as long as
the connection lasts.
"""

import os
import re
import shutil
import warnings
from collections import Counter
from collections.abc import Iterator
from hashlib import sha1, sha256
from pathlib import Path
from tempfile import mkdtemp

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

# Without a file libcurl reads the whole bundle in addition to the folder.
FILE = "one.pem"

_SEQUENCE, _SET, _UTF8 = 0x30, 0x31, 12
# The kinds of text that OpenSSL compares without regard to case and spaces.
_TEXTS = (12, 19, 20, 22, 26, 28, 30)
_SPACES = re.compile(r"[ \t\n\v\f\r]+")


def one_file_each(bundle: Path, folder: Path) -> Path | None:
    """Return a subfolder of `folder` with each certificate of the bundle under OpenSSL's hash of its subject.

    It is made once a bundle. None means that the bundle cannot be read to its last certificate: use it as it is.
    """
    try:
        content = bundle.read_bytes()
        made = folder / f"authorities-{sha256(content).hexdigest()[:16]}"
        if not made.is_dir():
            _make(made, content)
    except (OSError, ValueError):
        return None
    return made


def _make(made: Path, content: bytes) -> None:
    with warnings.catch_warnings():
        # Some old certificates have serial numbers that are not positive.
        warnings.simplefilter("ignore")
        certificates = x509.load_pem_x509_certificates(content)
    made.parent.mkdir(mode=0o770, parents=True, exist_ok=True)
    draft = Path(mkdtemp(dir=made.parent))
    same: Counter[str] = Counter()
    for certificate in certificates:
        pem, name = certificate.public_bytes(Encoding.PEM), subject_hash(certificate.subject)
        (draft / f"{name}.{same[name]}").write_bytes(pem)
        (draft / FILE).write_bytes(pem)
        same[name] += 1
    try:
        os.rename(draft, made)
    except OSError:
        # Another process was faster.
        shutil.rmtree(draft)


def subject_hash(name: x509.Name) -> str:
    """Return what `openssl x509 -subject_hash` prints."""
    digest = sha1(b"".join(_canonical(name)), usedforsecurity=False).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}"


def _canonical(name: x509.Name) -> Iterator[bytes]:
    for rdn in name.rdns:
        attributes = []
        for attribute in rdn:
            _, pair = next(_parts(next(_parts(next(_parts(x509.Name([attribute]).public_bytes()))[1]))[1]))
            (kind, oid), (text_kind, text) = _parts(pair)
            if text_kind in _TEXTS:
                text_kind, text = _UTF8, _folded(str(attribute.value)).encode()
            attributes.append(_part(_SEQUENCE, _part(kind, oid) + _part(text_kind, text)))
        yield _part(_SET, b"".join(sorted(attributes)))


def _folded(text: str) -> str:
    plain = _SPACES.sub(" ", text.strip(" \t\n\v\f\r"))
    return "".join(letter.lower() if letter.isascii() else letter for letter in plain)


def _parts(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the elements of a sequence: tag and content."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            more = length & 0x7F
            length, at = int.from_bytes(der[at : at + more]), at + more
        yield tag, der[at : at + length]
        at += length


def _part(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(size)]) + size + content
