"""Remove rules of plans from the product one at a time: the tests of plans have to find each.

`python -m tests.mutants` works on a copy, takes about half a minute a rule, and fails if no test misses a rule.
`python -m tests.mutants pace hours` tries those whose name has one of the words.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
TESTS = ("tests/bot/plans",)
SKIPPED = shutil.ignore_patterns(".git", ".venv", ".cache", "__pycache__", ".mypy_cache", ".ruff_cache", "instance")
# Seconds. Tests that take longer have found nothing: a rule has to be missed by an assertion.
LONGEST = 600.0


class Mutant(NamedTuple):
    """A rule, and the one place of the product without it."""

    rule: str
    file: str
    code: str
    without: str


def mutants() -> list[Mutant]:
    """Return the rules of tests/mutants.toml."""
    return [Mutant(**one) for one in tomllib.loads((ROOT / "tests/mutants.toml").read_text())["mutant"]]


def main(words: list[str]) -> int:
    """Try the mutants, print each result, and return the number that no test has found."""
    chosen = [one for one in mutants() if not words or any(word in one.rule for word in words)]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "troupe"
        shutil.copytree(ROOT, copy, ignore=SKIPPED)
        if not _passes(copy):
            print("the tests fail without any change")
            return 1
        missed = [one for one in chosen if _is_missed(copy, one)]
    print(f"{len(chosen) - len(missed)} of {len(chosen)} found")
    return len(missed)


def _is_missed(copy: Path, mutant: Mutant) -> bool:
    path = copy / mutant.file
    whole = path.read_text()
    path.write_text(whole.replace(mutant.code, mutant.without))
    missed = _passes(copy)
    path.write_text(whole)
    print(f"{'MISSED' if missed else 'found'}  {mutant.rule}", flush=True)
    return missed


def _passes(copy: Path) -> bool:
    """Return whether no test fails, in time."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-n", "2"]
    command += ["-k", "not postgresql", *TESTS]
    with subprocess.Popen(command, cwd=copy, stdout=subprocess.DEVNULL, start_new_session=True) as tests:
        try:
            return tests.wait(LONGEST) == 0
        except subprocess.TimeoutExpired:
            os.killpg(tests.pid, signal.SIGKILL)
            print("the tests went on for too long", flush=True)
            return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
