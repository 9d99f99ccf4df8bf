"""What a user is told where."""

from bot.alerts.channels import NewChannel, add_channel, ask_for_test, get_channel
from bot.settings.notifications import Notifications, choose_notifications
from tests.bot.driving import follow_action, refuse_step


def channel_of(user):
    return add_channel(user.id, NewChannel(url="http://127.0.0.1:1/hook"))


def test_a_muted_event_is_not_told_and_a_test_is(ready, clock):
    made, other = channel_of(ready).channel, channel_of(ready).channel
    choose_notifications(ready.id, Notifications(channels={made.id: ["session_ended"]}))
    follow_action(ready)
    refuse_step(ready, clock, "INSTAGRAM_ACTION_BLOCKED")
    assert (get_channel(ready.id, made.id).event, get_channel(ready.id, other.id).event) == (None, "blocked")
    ask_for_test(ready.id, made.id)
    assert get_channel(ready.id, made.id).event == "test"
