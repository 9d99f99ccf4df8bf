"""List every part of the product with its version (`make sbom`): locked packages, and folders of static/vendor."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
VENDORED = ROOT / "web" / "static" / "vendor"
# The beginnings of their license texts.
_LICENSES = {"Zero-Clause BSD": "0BSD", "ISC License": "ISC", "SIL Open Font License": "OFL-1.1"}
"""A phrase of a license's first lines, with its name in SPDX."""
_FIRST_LINES = 4
# A folder's name holds no slash.
_PACKAGES = {"instrument-sans": "@fontsource-variable/instrument-sans"}
# A test validates the whole document, which takes longer than making it.
_LIST = (
    "requirements --pyproject pyproject.toml --spec-version 1.6 --no-validate --output-reproducible requirements.txt"
)


def bill_of_materials() -> dict[str, Any]:
    """Return a CycloneDX 1.6 document. Raises CalledProcessError."""
    # It warns that the lock has no tree of dependencies.
    command = [sys.executable, "-W", "ignore::UserWarning", "-m", "cyclonedx_py", *_LIST.split()]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    bill: dict[str, Any] = json.loads(listed)
    bill["components"] += [_vendored(folder) for folder in sorted(VENDORED.iterdir())]
    return bill


def _vendored(folder: Path) -> dict[str, Any]:
    """Return a part that browsers load. Its folder has its name and holds its license."""
    name, _, version = folder.name.rpartition("@")
    (text,) = folder.glob("LICENSE*")
    head = "\n".join(text.read_text(encoding="utf-8").splitlines()[:_FIRST_LINES])
    (license_id,) = (name for phrase, name in _LICENSES.items() if phrase in head)
    package = _PACKAGES.get(name, name)
    return {
        "bom-ref": f"vendored-{name}",
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:npm/{package.replace('@', '%40')}@{version}",
        "licenses": [{"license": {"id": license_id}}],
    }


if __name__ == "__main__":
    print(json.dumps(bill_of_materials(), indent=2))
