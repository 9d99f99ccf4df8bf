"""The prose follows docs/style.md: no banned word, no banned opening, no "where" for "if"."""

import pytest

from tests.structure.prose import comments as comments_of
from tests.structure.prose import docstrings as docstrings_of
from tests.structure.prose import faults, paragraphs, registry_texts, texts_of
from tests.structure.source import PACKAGES, ROOT, shown

# Folders and files whose texts are not rewritten yet. Take away what you have rewritten; add nothing.
NOT_YET: set[str] = set()
# Decisions and frozen revisions stay as they were written.
HISTORY = {"docs/adr"}
FROZEN = "migrations/versions/000"


def read_files():
    folders = [*PACKAGES, "migrations", "tests/support"]
    python = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    documents = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "sandbox" / "README.md", ROOT / "README.md"]
    registry = ROOT / "bot" / "core" / "error_registry.json"
    return [ROOT / "wsgi.py", ROOT / "gunicorn.conf.py", *python, *documents, registry]


def is_waiting(name):
    return any(name == one or name.startswith(f"{one}/") for one in NOT_YET | HISTORY) or name.startswith(FROZEN)


def found_in(texts):
    return [what for _, what in faults(texts)]


def test_no_text_uses_a_banned_word():
    read = [path for path in read_files() if not is_waiting(shown(path))]
    assert [f"{shown(path)}:{line}: {what}" for path in read for line, what in faults(texts_of(path))] == []


def test_only_what_exists_waits_to_be_rewritten():
    assert [name for name in NOT_YET | HISTORY if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("What is wrong with a field.", "opens with 'What'"),
        ("Of what the answer is made.", "opens with 'Of what'"),
        ("Whoever signs in.", "opens with 'Whoever'"),
        ("Who may call what.", "opens with 'Who'"),
        ("Where people are signed in.", "opens with 'Where'"),
        ("Whether it is open.", "opens with 'Whether it is'"),
        ("Draw a delay anew.", "anew"),
        ("Write it beside the file.", "beside"),
        ("Show the limit that binds.", "binds"),
        ("Let nobody in.", "nobody"),
        ("List one's own actions.", "one's own"),
        ("Wait so many seconds.", "so many"),
        ("The row stands.", "stands"),
        ("Find the person whom it concerns.", "whom"),
        ("Raise NOT_FOUND where no row has this id.", "NOT_FOUND where"),
        ("Return the time. Where it is past, return None.", ". Where"),
        ("Return the name, where there is one.", ", where there is"),
    ],
)
def test_it_finds_a_planted_text(text, what):
    assert what in found_in(docstrings_of(f'def planted():\n    """{text}"""\n'))
    assert what in found_in(comments_of(f"first = 1\n# {text}\nsecond = 2\n"))
    assert what in found_in(paragraphs(f"# Title\n\n- {text}\n"))
    entry = f'[\n  {{"code": "E-API-E-0001", "description": "{text}", "remedy": "Try again."}}\n]'
    assert what in found_in(registry_texts(entry))


@pytest.mark.parametrize(
    "text",
    [
        "Return the folder where the key is kept.",
        "Say where the search goes on.",
        "The code `nobody` stands for an error that heals by itself.",
        "Return None if no one is signed in.",
    ],
)
def test_it_lets_plain_english_pass(text):
    assert found_in(docstrings_of(f'def planted():\n    """{text}"""\n')) == []
    assert found_in(paragraphs(f"{text}\n")) == []


def test_it_reads_a_sentence_that_goes_on_in_the_next_line():
    assert found_in(comments_of("# It lasts so\n# many seconds.\n")) == ["so many"]
    assert found_in(paragraphs("It lasts so\nmany seconds.\n")) == ["so many"]


def test_it_leaves_code_in_documents_alone():
    assert found_in(paragraphs("Run:\n\n    su nobody\n\n```\nwhoever\n```\n\nEnd of `anew`.\n")) == []


def test_headings_and_cells_may_ask():
    assert found_in(paragraphs("## What a caller sees\n\n| who | what |\n| --- | --- |\n")) == []
