"""List every part of the product with its version (`make sbom`): locked packages, and folders of static/vendor."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
VENDORED = ROOT / "web" / "static" / "vendor"
# The beginnings of their license texts.
_LICENCES = {"Zero-Clause BSD": "0BSD", "MIT License": "MIT"}
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
    (licence,) = folder.glob("LICENSE*")
    first_line = licence.read_text(encoding="utf-8").splitlines()[0].strip()
    return {
        "bom-ref": f"vendored-{name}",
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:npm/{name}@{version}",
        "licenses": [{"license": {"id": _LICENCES[first_line]}}],
    }


if __name__ == "__main__":
    print(json.dumps(bill_of_materials(), indent=2))
