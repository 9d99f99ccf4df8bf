"""The address of a post, in every form that people copy it in."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from bot.inputs.post_addresses import read_post_code

CODE = "B1LbfVPlwIA"
SECRET = "CCQQsCXjOaBfS3I2PpqsNkxElV9DXj61vzo5xs0"


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        f"  {CODE}\n",
        f'"{CODE}"',
        f"https://www.instagram.com/p/{CODE}/",
        f"https://www.instagram.com/p/{CODE}",
        f"http://instagram.com/p/{CODE}/?igsh=abc&img_index=2",
        f"HTTPS://WWW.Instagram.com/p/{CODE}/#x",
        f"instagram.com/reel/{CODE}/",
        f"m.instagram.com/reels/{CODE}",
        f"https://www.instagram.com/tv/{CODE}/",
        f"https://www.instagram.com/some.body/p/{CODE}/",
        f"https://www.instagram.com/some.body/reel/{CODE}/?l=1",
        f"https://www.instagram.com//p//{CODE}/",
        f"https://www.instagram.com/p/{CODE}/c/17858893269000001/",
        f"https://www.instagram.com/p/{CODE}/liked_by/",
        f"https://instagr.am/p/{CODE}/",
        f"<https://www.instagram.com/p/{CODE}/>",
        f"\u200bhttps://www.instagram.com/p/{CODE}/",
    ],
)
def test_an_address_in_any_form_names_the_post(typed):
    assert read_post_code(typed) == CODE


@pytest.mark.parametrize("code", ["PVaiY", "B-fKL9qpeab", SECRET])
def test_a_link_may_have_a_short_code_or_the_long_one_of_a_private_account(code):
    assert read_post_code(f"https://www.instagram.com/p/{code}/") == code


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "Type the link"),
        ("anna", "Type the link"),
        ("@some.body", "Type the link"),
        (f"{CODE} {CODE}", "Type the link"),
        ("12345678901234567", "Type the link"),
        ("https://www.instagram.com/some.body/", "does not lead"),
        ("https://www.instagram.com/", "does not lead"),
        ("instagram.com", "does not lead"),
        ("https://www.instagram.com/p/", "does not lead"),
        (f"https://www.instagram.com/share/p/{CODE}/", "does not lead"),
        (f"https://www.instagram.com/share/reel/{CODE}/", "does not lead"),
        ("https://www.instagram.com/reels/audio/123456789/", "does not lead"),
        ("https://www.instagram.com/stories/some.body/3000000000000000000/", "does not lead"),
        (f"https://www.instagram.com.example.com/p/{CODE}/", "does not lead"),
        (f"https://example.com/p/{CODE}/", "does not lead"),
        (f"https://example.com/https://www.instagram.com/p/{CODE}/", "does not lead"),
        (f"https://www.instagram.com/p/{CODE}é/", "does not lead"),
        (f"https://www.instagram.com/a/b/p/{CODE}/", "does not lead"),
    ],
)
def test_what_names_no_post_is_refused_in_words(typed, says):
    with pytest.raises(PydanticCustomError) as refused:
        read_post_code(typed)

    assert refused.value.type == "wrong_form"
    assert says in refused.value.message()


@given(st.text(max_size=40))
def test_any_text_is_a_code_or_is_refused(text):
    for typed in (text, f"https://www.instagram.com/p/{text}"):
        with suppress(PydanticCustomError):
            assert re.fullmatch("[A-Za-z0-9_-]{5,64}", read_post_code(typed))
