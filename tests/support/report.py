"""List the commits and the latest results of the tests (`make report`), as Markdown for a delivery."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
# `make test` leaves the results of each of its parts here, as JUnit's XML.
RESULTS = ROOT / ".cache" / "results"


@dataclass(frozen=True)
class Part:
    """The results of one part of the tests: its number of tests, its beginning and its length in seconds."""

    name: str
    began: str
    tests: int
    failed: tuple[str, ...]
    skipped: int
    seconds: float

    @property
    def passed(self) -> int:
        return self.tests - len(self.failed) - self.skipped


def results(folder: Path = RESULTS) -> list[Part]:
    """Return the last results of each part that has run, by name."""
    return [_part(path) for path in sorted(folder.glob("*.xml"))]


def commits(repository: Path = ROOT) -> list[str]:
    """Return every commit, newest first: short hash, day and subject."""
    command = ["git", "log", "--format=%h %as %s"]
    return subprocess.run(command, cwd=repository, check=True, capture_output=True, text=True).stdout.splitlines()


def report(parts: list[Part], listed: list[str]) -> str:
    """Return the Markdown. A failed test is named. Without results it says how to get them."""
    lines = ["# Test results", ""]
    if parts:
        lines += ["| part | began | passed | failed | skipped | seconds |", "| --- | --- | --- | --- | --- | --- |"]
        lines += [
            f"| {one.name} | {one.began} | {one.passed} | {len(one.failed)} | {one.skipped} | {one.seconds:.0f} |"
            for one in parts
        ]
        lines += ["", *(f"- failed: `{name}`" for one in parts for name in one.failed)]
    else:
        lines.append("None yet: run `make test`.")
    return "\n".join([*lines, "", "# Commits", "", *(f"- {line}" for line in listed), ""])


def _part(path: Path) -> Part:
    # Written by pytest on this machine.
    (suite,) = ElementTree.parse(path).getroot().iter("testsuite")  # noqa: S314
    cases = list(suite.iter("testcase"))
    failed = tuple(
        f"{case.get('classname')}::{case.get('name')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    )
    return Part(
        path.stem,
        (suite.get("timestamp") or "")[:19],
        len(cases),
        failed,
        len([case for case in cases if case.find("skipped") is not None]),
        float(suite.get("time") or 0),
    )


if __name__ == "__main__":
    print(report(results(), commits()), end="")
