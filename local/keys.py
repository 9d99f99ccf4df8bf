"""Master keys of the vault (`make key`), and the first key file of a new instance."""

import base64
import os
import secrets
import sys
from pathlib import Path

KEY_BYTES = 32


def new_key() -> str:
    """Return a random key with its own id, as `ENCRYPTION_KEYS` takes it: `id:base64`."""
    encoded = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    return f"k{secrets.token_hex(3)}:{encoded}"


def ensure_key_file(path: Path) -> None:
    """Write a new key to `path` (0600) unless the file exists."""
    if path.exists():
        return
    # The file has to appear whole or not at all: half a key would lock the owner out.
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(new_key() + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def main() -> int:
    """Print a new key and nothing else. Return the exit status."""
    try:
        # Python's buffer would fail after the end, and with a traceback.
        os.write(sys.stdout.fileno(), f"{new_key()}\n".encode())
    except OSError as problem:
        print(f"troupe: the key could not be written: {problem.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
