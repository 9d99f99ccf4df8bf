import pytest

from bot.inputs.typed_text import half_width, plain_code, visible

DASHES = "-‐‑‒–—―−﹣－"
SPACES = "  \u00a0\u2009\u202f\u3000\t"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("253-941", "253941"),
        ("２５３９４１", "253941"),
        ("٢٥٣٩٤١", "253941"),
        ("२५३ ९४१", "253941"),
        ("2 5 3 9 4 1", "253941"),
        ("253.941", "253941"),
        ("253·941", "253941"),
        ("\u2068253\u2069 941\u200b", "253941"),
        ("\r\n253941\r\n", "253941"),
        ("ABCD-efgh-2345-6789", "abcdefgh23456789"),
        ("ａｂｃｄ－ｅｆｇｈ－２３４５－６７８９", "abcdefgh23456789"),
        *((f"253{dash}941", "253941") for dash in DASHES),
        *((f" 253{space}941{space}", "253941") for space in SPACES),
        ("abc!", "abc!"),
    ],
)
def test_a_code_is_read_as_it_is_copied(typed, code):
    assert plain_code(typed) == code


def test_full_width_signs_and_what_is_invisible_are_taken_away():
    assert half_width("ａ＠ｂ．ｃ\u3000！ä日") == "a@b.c !ä日"
    assert visible("\ufeff\u200b a\u200db \u200e") == "ab"
    assert visible("\ufeff a\u200db", "\u200d") == "a\u200db"
