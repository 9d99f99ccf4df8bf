"""Reasons that each action waits, in addition to those of the bot."""

from datetime import timedelta

import pytest

from bot.actions import placing
from bot.automation.status import bot_report
from bot.core.errors import BotException
from bot.decision.limit_rules import DEFAULTS
from bot.storage.models import CoolDown
from bot.storage.tenancy import tenant
from tests.bot.driving import follow_action

pytestmark = pytest.mark.usefixtures("base_app")


def rest(user, clock, kind, name, hours):
    with tenant(user.id) as session:
        until, code = clock.moment + timedelta(hours=hours), BotException(name).code
        session.add(CoolDown(user_id=user.id, kind=kind, until=until, error_code=code, created_at=clock.moment))
        session.commit()


def test_each_action_has_a_verdict_of_its_own_and_the_longest_of_its_rests(ready, clock):
    follow_action(ready)
    liking = placing.like_hashtag(ready.id, placing.LikeHashtag(hashtag="coffee", amount=2)).action.id
    rest(ready, clock, "like", "INSTAGRAM_ACTION_BLOCKED", 24)
    rest(ready, clock, "*", "INSTAGRAM_PLEASE_WAIT", 1)
    report = bot_report(ready.id)
    following = next(action_id for action_id in report.orders if action_id != liking)
    likes, follows = report.orders[liking], report.orders[following]
    assert (likes.reason, likes.until, likes.kind) == ("COOL_DOWN", clock.moment + timedelta(hours=24), "like")
    assert likes.message.startswith("Liking posts rests: Instagram has blocked")
    assert (follows.reason, follows.until) == ("COOL_DOWN", clock.moment + timedelta(hours=1))
    assert follows.message.startswith("Your bot rests: ")
    assert (report.next_step_at, report.next_step_kind) == (follows.until, "follow")
    assert report.next_action_id == following
    assert report.rests == dict.fromkeys(DEFAULTS, follows.until) | {"like": likes.until}
    clock.moment = follows.until
    report = bot_report(ready.id)
    assert (report.verdict.state, report.orders[liking].state) == ("acting", "waiting")
    assert report.rests == {"like": likes.until}
