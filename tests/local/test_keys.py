import base64

from local.keys import ensure_key_file, new_key


def test_a_key_is_an_id_and_32_random_bytes():
    key_id, _, encoded = new_key().partition(":")
    assert key_id.isalnum()
    assert len(base64.b64decode(encoded, validate=True)) == 32
    assert new_key() != new_key()


def test_the_first_key_file_is_the_owners_only(tmp_path):
    path = tmp_path / "encryption.keys"
    ensure_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_file_is_never_replaced(tmp_path):
    path = tmp_path / "encryption.keys"
    ensure_key_file(path)
    first = path.read_text()
    ensure_key_file(path)
    assert path.read_text() == first
