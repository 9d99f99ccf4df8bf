"""The helpers under the first design's names: who asks, and their bot."""

import pytest

from bot.core.errors import BotException
from middleware.access import get_current_bot_manager, get_current_session
from tests.support.people import give_valid_session


def test_they_give_who_asks_and_their_bot(app, alice, bob):
    with app.app_context():
        give_valid_session(alice.id)
    with app.test_request_context("/api/status", headers=alice.headers):
        assert get_current_session().id == alice.id
        bot = get_current_bot_manager()
        bot.start()
        assert (bot.report().session_valid, bot.report().bot_running) == (True, True)
        bot.stop()
        assert not bot.report().bot_running
    with app.test_request_context("/api/status", headers=bob.headers):
        assert get_current_bot_manager().user_id == bob.id


def test_where_nobody_is_signed_in_there_is_no_session_and_no_bot(app):
    with app.test_request_context("/api/status"):
        assert get_current_session() is None
        with pytest.raises(BotException, match="AUTHENTICATION_REQUIRED"):
            get_current_bot_manager()
