"""`make upstream`: the newest Instagram client in a scratch folder, what it changes, and the tests that lean on it."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from tests.support.upstream_facts import CLIENT

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = ROOT / ".cache" / "upstream"
# Tests of the requests, of the fields that readers need, and of the meaning of refusals.
TESTS = [
    f"tests/jobs/instagram/test_{name}.py"
    for name in ("forms", "contracts", "replies", "sign_in_replies", "refusals", "translate", "app_version", "factory")
]
TESTS_FAIL, NO_INDEX = 1, 3


def changes(pinned: Mapping[str, Any], newest: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each fact that differs: of a list or a table what is added, gone or other."""
    for name in {**pinned, **newest}:
        before, after = pinned.get(name), newest.get(name)
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _of_tables(name, before, after)
        elif isinstance(before, list) and isinstance(after, list):
            yield from _of_tables(name, dict.fromkeys(before, ""), dict.fromkeys(after, ""))
        else:
            yield f"{name}: {before} → {after}"


def _of_tables(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for key in sorted({*before, *after}):
        if key not in before:
            yield f"{name}: new: {key}" + (f" ({after[key]})" if after[key] else "")
        elif key not in after:
            yield f"{name}: gone: {key}"
        elif before[key] != after[key]:
            yield f"{name}: {key}: {before[key]} → {after[key]}"


def unmet(requirements: list[str]) -> list[str]:
    """Return the requirements that the installed packages do not meet."""
    return [str(one) for one in map(Requirement, requirements) if not _is_met(one)]


def _is_met(requirement: Requirement) -> bool:
    if requirement.marker is not None and not requirement.marker.evaluate():
        return True
    try:
        return requirement.specifier.contains(version(requirement.name), prereleases=True)
    except PackageNotFoundError:
        return False


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if the tests pass with the newest client, 1 if not, 3 if the package index does not have it."""
    parser = argparse.ArgumentParser(prog="make upstream")
    parser.add_argument("--version", help="this version in place of the newest one")
    wanted = parser.parse_args(arguments).version
    shutil.rmtree(SCRATCH, ignore_errors=True)
    if not _install("--no-deps", f"{CLIENT}=={wanted}" if wanted else CLIENT):
        print(
            f"The package index of pip does not answer, or does not have {CLIENT}. Nothing was compared.",
            file=sys.stderr,
        )
        return NO_INDEX
    pinned, newest = _facts({}), _facts(_with_scratch())
    print(f"{CLIENT} {pinned['version']} is pinned; compared with {newest['version']}.")
    lines = list(changes(pinned, newest))
    print("\n".join(f"  {line}" for line in lines) or "  Nothing has changed.")
    if missing := unmet(newest["requirements"]):
        print(f"It needs other packages than the pinned ones: {', '.join(missing)}.")
        if not _install(*missing):
            return NO_INDEX
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", *TESTS], cwd=ROOT, env=_with_scratch(), check=False
    )
    print("The tests pass with it." if done.returncode == 0 else "The tests do not pass with it.")
    return 0 if done.returncode == 0 else TESTS_FAIL


def _install(*what: str) -> bool:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(SCRATCH), *what]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def _with_scratch() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(SCRATCH)}


def _facts(env: Mapping[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.support.upstream_facts"]
    told = subprocess.run(command, cwd=ROOT, env=env or None, capture_output=True, text=True, check=True).stdout
    found: dict[str, Any] = json.loads(told)
    return found


if __name__ == "__main__":
    sys.exit(main())
