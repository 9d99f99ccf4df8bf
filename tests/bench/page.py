"""docs/benchmarks.md: tables as Markdown, written between the marks of their section."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from sandbox.unkindness import is_unkind_by_default

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table: the first column to the left, figures to the right."""
    lines = [tuple(head), ("---", *["--:"] * (len(head) - 1)), *(tuple(map(str, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write(section: str, text: str) -> None:
    """Puts the text in the place of what stands between `<!-- section -->` and `<!-- /section -->`."""
    begins, ends = f"<!-- {section} -->", f"<!-- /{section} -->"
    page = PAGE.read_text()
    before, found, rest = page.partition(begins)
    _, closed, after = rest.partition(ends)
    if not found or not closed:
        raise ValueError(f"{PAGE} has no section {section}")
    PAGE.write_text(f"{before}{begins}\n\n{text}\n\n{ends}{after}")


def sandbox_mode() -> str:
    """What the sandboxes of a measurement do unasked; those of this environment are all alike."""
    return "the unkind sandbox (`SANDBOX_UNKIND=1`)" if is_unkind_by_default() else "the kind sandbox"


def machine() -> str:
    """What the figures were taken on, and nothing by which it could be found."""
    names = re.findall(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return f"{len(names) or os.cpu_count()} cores of {names[0] if names else 'an unnamed processor'}"
