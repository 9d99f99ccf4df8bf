"""People and programs get the words of a field's reader, and texts have one kind of line ends."""

from typing import Annotated

import pytest
from pydantic import BaseModel

from bot.actions.filters import Filters
from bot.actions.placing import FollowFollowers, NewAction, Unfollow, ViewStories
from bot.automation.kill_switch import StopAll
from bot.contacts.do_not_contact import LeaveAlone
from bot.core.errors import BotException
from bot.inputs.validation import LINES, ONE_LINE, checked, checked_json
from bot.settings.preferences import Settings
from bot.users.directory import NewUser

NAME = "Type an Instagram username: letters, digits, dots and underscores, or a link to the profile."
CLOCK = "Type a time like 09:00, or 24:00 for midnight."


def problems(model, text):
    with pytest.raises(BotException) as raised:
        checked_json(model, text)
    return [(problem["field"], problem["code"], problem["message"]) for problem in raised.value.meta["errors"]]


@pytest.mark.parametrize(
    ("model", "text", "problem"),
    [
        (Settings, '{"keep": ["anna", "two words"]}', ("keep.1", "WRONG_FORM", NAME)),
        (Settings, '{"keep": ["anna@example.org"]}', ("keep.0", "WRONG_FORM", NAME)),
        (Settings, '{"pause": {"start": "9", "end": "10:00"}}', ("pause.start", "WRONG_FORM", CLOCK)),
        (Settings, '{"week": {"monday": {"start": "09:00", "end": "late"}}}', ("week.monday.end", "WRONG_FORM", CLOCK)),
        (Settings, '{"stop_words": ["x"]}', ("stop_words.0", "TOO_SHORT", "This has to have 2 characters or more.")),
        (Filters, '{"bio_must": ["\\u200b"]}', ("bio_must.0", "INVALID", "This holds no letter, digit or sign.")),
        (
            NewAction,
            '{"repeat": {"every_days": 1, "at": "9:30"}}',
            ("repeat.at", "WRONG_FORM", "Type a time like 09:30."),
        ),
        (FollowFollowers, '{"account": ".nat", "amount": 1}', ("account", "WRONG_FORM", NAME)),
        (ViewStories, '{"usernames": ["a..b"]}', ("usernames.0", "WRONG_FORM", NAME)),
        (Unfollow, '{"amount": 1, "keep": ["https://example.org/anna"]}', ("keep.0", "WRONG_FORM", NAME)),
        (LeaveAlone, '{"username": "https://www.instagram.com/p/C0ffee/"}', ("username", "WRONG_FORM", NAME)),
        (
            NewUser,
            '{"username": "a b"}',
            (
                "username",
                "WRONG_FORM",
                "Type 2 to 32 letters, digits, dots, dashes or underscores, with a letter or digit first.",
            ),
        ),
    ],
)
def test_what_is_wrong_is_said_and_not_what_the_field_is_for(model, text, problem):
    assert problem in problems(model, text)


@pytest.mark.parametrize(
    "typed",
    ["https://www.instagram.com/anna_k/", " @Anna_K ", "＠anna_k", '"anna_k"', "instagram.com/_u/anna_k", "anna_k"],
)
def test_a_username_is_read_alike_in_every_field(typed):
    assert checked(FollowFollowers, {"account": typed, "amount": "1"}).account == "anna_k"
    assert checked(ViewStories, {"usernames": [typed]}).usernames == ["anna_k"]
    assert checked(Unfollow, {"amount": "1", "keep": [typed]}).keep == ["anna_k"]
    assert checked(Settings, {"keep": [typed]}).keep == ["anna_k"]
    assert checked(LeaveAlone, {"username": typed}).username == "anna_k"


class Texts(BaseModel):
    text: Annotated[str, LINES] = ""
    phrase: Annotated[str, ONE_LINE] = ""


@pytest.mark.parametrize(
    ("typed", "text", "phrase"),
    [
        ("a\r\nb", "a\nb", "a b"),
        ("a\rb", "a\nb", "a b"),
        ("a\nb", "a\nb", "a b"),
        ("a\r\n\r\nb\r", "a\n\nb\n", "a b"),
        (" a \t b ", " a \t b ", "a b"),
    ],
)
def test_lines_end_alike_whatever_program_they_come_from(typed, text, phrase):
    assert checked(Texts, {"text": typed, "phrase": typed}) == Texts.model_construct(text=text, phrase=phrase)


def test_line_ends_are_counted_as_they_are_kept():
    assert len(checked(LeaveAlone, {"username": "anna", "note": "a\r\n" * 100}).note or "") == 200
    assert len(checked(StopAll, {"reason": "a\r\n" * 100}).reason) == 200
    assert checked(Filters, {"bio_must": ["good\r\ncoffee"], "bio_must_not": ["a\rb"]}).bio_must == ["good coffee"]
    assert checked(Settings, {"stop_words": ["leave\r\nus"]}).stop_words == ["leave us"]
