"""The places that raise a code are read from the source, and are in the table of codes and in the API."""

import ast

import pytest

from bot.core.errors import registry
from bot.history.error_codes import get_code, list_codes
from bot.operations.raised_at import MAX_LENGTH, ROOT, _names_in, raised_at


def names_in(source):
    return [(name, raises) for name, _, raises in _names_in(ast.parse(source))]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise BotException("NOT_LINKED", retry_after=3)', [("NOT_LINKED", True)]),
        ('invalid("email", "No.", "BAD_CURSOR")', [("BAD_CURSOR", True)]),
        ('return "NOT_LINKED" if alone else None', [("NOT_LINKED", False)]),
        ('NAMES = {OSError: "NOT_LINKED"}', [("NOT_LINKED", False)]),
        ('TABLE = ((OSError, "NOT_LINKED", "no"),)', [("NOT_LINKED", False)]),
        ('WORDS = {"NOT_LINKED": "Link it."}', []),
        ('if error.name == "NOT_LINKED": pass', []),
        ('if error.name in ("NOT_LINKED", "BAD_CURSOR"): pass', []),
        ('ENDERS = frozenset({"NOT_LINKED"})', []),
        ('@raises("NOT_LINKED")\ndef view(): raise BotException("BAD_CURSOR")', [("BAD_CURSOR", True)]),
        ('"""NOT_LINKED is raised."""', []),
    ],
)
def test_a_name_is_raised_where_it_is_given_on_and_not_where_it_is_compared_or_declared(source, found):
    assert names_in(source) == found


def test_every_code_has_places_and_each_holds_its_name():
    places = raised_at()
    assert set(places) == set(registry())
    for name, text in places.items():
        assert len(text) <= MAX_LENGTH
        for place in text.split(", "):
            file, line = place.split(":")
            # A call may go over several lines.
            near = (ROOT / file).read_text().splitlines()[int(line) - 1 : int(line) + 3]
            assert name in "".join(near), place


def test_the_places_are_kept_and_shown(base_app):
    with base_app.app_context():
        listed = {known.entry.name: known.raised_at for known in list_codes() if known.registered}
        assert listed == raised_at()
        assert get_code("MAIL_TOO_LATE").raised_at == listed["MAIL_TOO_LATE"]
        assert listed["MAIL_TOO_LATE"].startswith("bot/mail/outbox.py:")
