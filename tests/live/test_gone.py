"""A post that is taken down right before it is liked: the code of its kind, and on to the next."""

from bot.core.errors import registry
from bot.history.activity import list_activity
from tests.support.live_bots import Bot


def test_a_post_that_is_gone_fails_alone_with_a_code_of_likes(bot: Bot) -> None:
    bot.world.sandbox.fault(bot.account, "like", "html", status=404)
    action = bot.place("like-hashtag", hashtag="coffee", amount=2)
    bot.drive(action)
    assert bot.counts(action)["done"] == 2
    (failed,) = [row for row in bot.rows(action) if row.status == "failed"]
    assert failed.error_code == registry()["POST_GONE"].code
    (line,) = list_activity(bot.id, 10, None, code=registry()["INSTAGRAM_POST_NOT_FOUND"].code).items
    assert (line.action, line.status, line.action_id) == ("like", "failed", action)
    assert bot.report().bot_running
