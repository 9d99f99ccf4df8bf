import pytest

from bot.core.errors import registry
from tests.web.test_needs import VERDICTS
from web.panel import SENTENCES, SPOKEN


def test_each_reason_of_a_bot_has_one_short_sentence():
    # Who is disabled sees no page.
    assert set(SENTENCES) | SPOKEN == {row[0] for row in VERDICTS} | {"USER_DISABLED"}
    assert {name: text for name, text in SENTENCES.items() if len(text) > 32 or text.endswith(".")} == {}


@pytest.mark.parametrize("name", SENTENCES)
def test_each_reason_is_one_of_the_registry(name):
    assert name in registry()
