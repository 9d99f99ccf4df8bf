import unicodedata

import pytest
from pydantic_core import PydanticCustomError

from bot.actions.placing import FollowHashtag
from bot.inputs.hashtags import read_hashtag
from bot.inputs.validation import checked

FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("typed", "tag"),
    [
        ("coffee", "coffee"),
        ("#coffee", "coffee"),
        ("https://www.instagram.com/explore/tags/coffee/", "coffee"),
        ("# coffee", "coffee"),
        ("☕", "☕"),
        ("cafe\u0301", "café"),
        # Links as browsers, apps and chats give them.
        ("instagram.com/explore/tags/Coffee", "coffee"),
        ("http://m.instagram.com/explore/tags/coffee/?hl=de", "coffee"),
        ("https://www.instagram.com/explore/tags/caf%C3%A9/", "café"),
        ("https://www.instagram.com/explore/tags/%E2%98%95/", "☕"),
        ("https://www.instagram.com/explore/search/keyword/?q=%23coffee", "coffee"),
        # Dress.
        ("＃コーヒー", "コーヒー"),
        ("﹟coffee", "coffee"),
        ("##coffee", "coffee"),
        ("  #Coffee\n", "coffee"),
        ('"#coffee"', "coffee"),
        ("#coffee,", "coffee"),
        ("#coffee.", "coffee"),
        ("\u200b#coffee\ufeff", "coffee"),
        ("\u2068#coffee\u2069", "coffee"),
        # Emoji and scripts.
        ("#❤️", "❤️"),
        ("#coffee☕️", "coffee☕️"),
        (f"#{FAMILY}", FAMILY),
        ("👍🏽", "👍🏽"),
        ("🇮🇹food", "🇮🇹food"),
        ("हिन्दी", "हिन्दी"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("ZU\u0308RICH", "zürich"),
        (unicodedata.normalize("NFD", "한국"), "한국"),
        ("two_words_2026", "two_words_2026"),
        ("x" * 100, "x" * 100),
    ],
)
def test_a_hashtag_is_read_as_people_type_it(typed, tag):
    assert read_hashtag(typed) == tag
    assert read_hashtag(tag) == tag
    assert checked(FollowHashtag, {"hashtag": typed, "amount": "1"}).hashtag == tag


ONE_ONLY, FORM, NO_TAG = "One hashtag per action.", "Type one hashtag:", "This link does not lead to a hashtag."


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("#coffee, #tea", ONE_ONLY),
        ("#coffee #tea", ONE_ONLY),
        ("#coffee#tea", ONE_ONLY),
        ("coffee,tea", ONE_ONLY),
        ("coffee; tea", ONE_ONLY),
        ("coffee、tea", ONE_ONLY),
        ("coffee\ntea", ONE_ONLY),
        ("#coffee ＃tea", ONE_ONLY),
        ("coffee tea", FORM),
        ("", FORM),
        ("#", FORM),
        ("\u200d", FORM),
        ("a/b", FORM),
        ("c++", FORM),
        ("$coffee", FORM),
        ("@coffee", FORM),
        ("coffee-shop", FORM),
        ("x" * 101, "A hashtag has 100 characters at most."),
        ("https://www.instagram.com/natgeo/", NO_TAG),
        ("https://www.instagram.com/p/C0ffee/", NO_TAG),
        ("https://example.org/explore/tags/coffee/", NO_TAG),
        ("https://www.instagram.com/explore/search/keyword/?q=coffee", NO_TAG),
        ("www.instagram.com", NO_TAG),
    ],
)
def test_what_is_no_hashtag_is_refused_and_told_why(typed, words):
    with pytest.raises(PydanticCustomError) as raised:
        read_hashtag(typed)
    assert str(raised.value).startswith(words)
