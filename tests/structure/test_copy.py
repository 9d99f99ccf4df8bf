"""Pages, messages, mails and help have none of the words that docs/style.md bans from them."""

import re

import pytest

from tests.structure.copy_texts import of_module, of_template, visible
from tests.structure.source import ROOT

BANNED = re.compile(
    r"(?<!e-)\b(?:whom|anew|nowhere|nobody|whoever|at once|beside|as such|binds|not known|orders?|tasks?|jobs?|lanes?"
    r"|administrators?|ceilings?|dry runs?|left out|(?:leave|left) alone"
    r"|mails?(?! server)|mailed|linked|unlink(?:ed)?|alerts?|switch(?:ed)? (?:on|off))\b|\d %",
    re.IGNORECASE,
)
# Parts of texts in which such a word is right.
ALLOWED = {
    "python -m jobs.worker": "a command",
    "`flask --app wsgi lanes sweep`": "a command",
    "the command lanes sweep": "a command",
}


def faults(text):
    for part in ALLOWED:
        text = text.replace(part, "")
    return [found[0].lower() for found in BANNED.finditer(text)]


def test_no_visible_text_has_a_banned_word():
    texts = list(visible())
    assert len(texts) > 1500
    assert [f"{said.place}: {word}: {said.text[:80]}" for said in texts for word in faults(said.text)] == []


def test_everything_that_is_allowed_is_said():
    said = " ".join(one.text for one in visible())
    assert [part for part in ALLOWED if part not in said] == []


@pytest.mark.parametrize(
    "template",
    [
        "<p>Say whom to follow.</p>",
        '<a aria-label="Your lanes" href="/x">x</a>',
        '<input placeholder="An order">',
        '{{ ui.empty("No task is open.", "/") }}',
        "{% set title = 'Pending Jobs' %}",
        "<p>It stops\n   at once.</p>",
        "<p>The administrator’s ceiling</p>",
        "<p>A mail is on its way.</p>",
        '<button aria-label="Switch off">Off</button>',
        "<p>More than 70 % are used.</p>",
    ],
)
def test_it_finds_a_planted_word_in_a_template(template):
    assert [word for said in of_template(template, "planted.html") for word in faults(said.text)]


@pytest.mark.parametrize(
    "template",
    [
        '<a href="/admin/lanes">Queues</a>',
        "{# an order of things #}<p>An action.</p>",
        '{% include "_lane.html" %}',
        "<p>An e-mail goes to the mail server.</p>",
        '<table class="lanes"><tr><td>One</td></tr></table>',
        "{{ url_for('web.lanes.show') }}",
    ],
)
def test_names_and_addresses_are_no_text(template):
    assert [word for said in of_template(template, "planted.html") for word in faults(said.text)] == []


def test_it_finds_a_planted_word_in_a_failure(tmp_path, monkeypatch):
    path = tmp_path / "planted.py"
    path.write_text('"""A lane."""\n\nraise BotException("NOT_FOUND", "There is no such order.")\n')
    monkeypatch.setattr("tests.structure.copy_texts.shown", lambda found: "bot/planted.py")
    assert [word for said in of_module(path) for word in faults(said.text)] == ["order"]


def test_a_time_in_a_list_says_on_a_phone_what_it_is_the_time_of():
    """Lists lose their heads on phones. Only in the audit log each row is about one moment."""
    bare = re.compile(r'<td role="cell"(?! class="[^"]*\boff\b)[^>]*>\{\{[^}]*(?:\| moment|\bago\()')
    templates = sorted((ROOT / "web" / "templates").rglob("*.html"))
    found = [path.name for path in templates for _ in bare.finditer(path.read_text(encoding="utf-8"))]
    assert found == ["audit.html"]
