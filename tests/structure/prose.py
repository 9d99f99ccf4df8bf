"""The prose of the repository, and the words and openings that docs/style.md bans from it."""

import ast
import inspect
import io
import json
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

# A text that begins so says what a thing is in other words, and not what it does.
BANNED_OPENING = re.compile(r"(What|Of what|Whoever|Who|Whom|Whose|Where|Whether it is|How it is)\b", re.IGNORECASE)
BANNED_WORDS = (
    "anew",
    "as such",
    "beside",
    "binds",
    "nobody",
    "not known yet",
    "nowhere",
    "one['’]s own",
    "so many",
    "stands(?! (?:in )?for)",
    "whoever",
    "whom",
)
# "Where" tells a place. As a condition it opens a sentence, follows a code, or comes before one of these.
_CONDITION = (
    r"there (?:is|are|was|were)|nothing|nobody|no one|none|needed|known|possible|allowed|set|given|any"
    r"|one is|that is (?:not|so)|it is not|this is not"
)
WHERE_FOR_IF = re.compile(
    rf"(?:^|[.;?!] +)Where\b(?!\?)|\b[A-Z]+(?:_[A-Z]+)+\b,? where\b|\b(?:also|or|but|and),? where (?:{_CONDITION})\b"
    rf"|, where (?:{_CONDITION})\b|\bwhere (?:there (?:is|are)|nothing|nobody|none|needed|possible)\b"
)
_WORDS = re.compile("|".join(rf"\b{word}\b" for word in BANNED_WORDS), re.IGNORECASE)
_MARKER = re.compile(r"\s*(?:(?:[-*|#>]|\d+\.)+\s+)")
_DIRECTIVE = re.compile(r"#\s*(noqa|type:|pragma|nosec|fmt:|!|-\*-)")
# Names, codes and commands are quoted, not written.
_QUOTED = re.compile(r"```.*?```|``.+?``|`[^`]*`|<!--.*?-->|\]\([^)]*\)|^ {4,}[^\n]*$", re.DOTALL | re.MULTILINE)


class Text(NamedTuple):
    """One text and its first line. `opens` is False for headings and cells, which are labels and no sentences."""

    line: int
    text: str
    opens: bool = True


def docstrings(source: str) -> Iterator[Text]:
    """Yield docstrings, and the strings below constants and fields that describe them."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield Text(node.lineno, inspect.cleandoc(node.value.value))


def comments(source: str) -> Iterator[Text]:
    """Each run of lines that hold nothing but a comment is one text, and so is each comment behind code."""
    lines: list[tuple[int, bool, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and not _DIRECTIVE.match(token.string):
            alone = not token.line[: token.start[1]].strip()
            lines.append((token.start[0], alone, token.string.lstrip("# ").rstrip()))
    for position, (line, alone, text) in enumerate(lines):
        if alone and position and lines[position - 1][:2] == (line - 1, True):
            continue
        block = [text]
        for number, (later, also_alone, more) in enumerate(lines[position + 1 :], start=1):
            if not alone or not also_alone or later != line + number:
                break
            block.append(more)
        yield Text(line, " ".join(block))


def paragraphs(markdown: str) -> Iterator[Text]:
    """Yield the paragraphs, list items, headings and rows of a document, without code and the targets of links."""
    bare = _QUOTED.sub(lambda found: "`" + "\n" * found[0].count("\n"), markdown)
    start, block, label = 1, "", False
    for number, line in enumerate([*bare.split("\n"), ""], start=1):
        marker = _MARKER.match(line)
        if block and (marker or not line.strip()):
            yield Text(start, block.strip(), not label)
            block = ""
        if line.strip():
            start, label = (start, label) if block else (number, line.lstrip().startswith(("#", "|")))
            block += " " + (line[marker.end() :] if marker else line.strip())


def registry_texts(document: str) -> Iterator[Text]:
    """Yield the sentences of the error registry that people read; each entry is one line of the file."""
    lines = document.split("\n")
    for entry in json.loads(document):
        line = next(number for number, text in enumerate(lines, start=1) if f'"{entry["code"]}"' in text)
        yield from (Text(line, entry[field]) for field in ("description", "remedy", "if_asked") if entry.get(field))


def texts_of(path: Path) -> list[Text]:
    """Return every text of a Python file, a Markdown file or the error registry."""
    content = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return [*docstrings(content), *comments(content)]
    return list(registry_texts(content) if path.suffix == ".json" else paragraphs(content))


def faults(texts: Iterable[Text]) -> Iterator[tuple[int, str]]:
    """Yield the line and the words of each banned opening, each banned word and each "where" that means "if"."""
    for line, text, opens in texts:
        bare = re.sub(r"\s+", " ", _QUOTED.sub("`", text)).strip()
        if opens and (found := BANNED_OPENING.match(bare)):
            yield line, f"opens with {found[0]!r}"
        yield from ((line, found[0]) for found in _WORDS.finditer(bare))
        yield from ((line, found[0].strip()) for found in WHERE_FOR_IF.finditer(bare))
