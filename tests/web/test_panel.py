import pytest

from bot.core.errors import registry
from web import status_text
from web.panel import SENTENCES

# These two say what the bot does, with its time.
SPOKEN = {"ACTING", "BETWEEN_STEPS"}


def test_each_reason_of_a_bot_has_one_short_sentence():
    assert set(SENTENCES) | SPOKEN == set(status_text.BADGES)
    assert {name: text for name, text in SENTENCES.items() if len(text) > 32 or text.endswith(".")} == {}


@pytest.mark.parametrize("name", SENTENCES)
def test_each_reason_is_one_of_the_registry(name):
    assert name in registry()
