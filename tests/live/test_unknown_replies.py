"""A reply that no one has foreseen is counted by its shape, and nothing of the account is kept."""

import json

import pytest

from bot.automation.unknown_replies import unknown_replies
from bot.core.errors import BotException
from bot.linking import requests

CANARY = "quillon"
NEW = {
    "status": 400,
    "body": {
        "message": "never_heard_of",
        "user": {"username": f"{CANARY}_vex", "pk": 98765432101, "full_name": "follow_friend"},
        "action": "follow_friend",
        f"{CANARY}_key": f"https://{CANARY}.example/?token={CANARY}",
        "status": "fail",
    },
}


def test_a_refused_step_is_counted_without_anything_of_the_account(bot, sandbox):
    sandbox.answer(bot.account, NEW, call="follow")
    bot.place("follow-hashtag", hashtag="coffee", amount=1)
    bot.drive(unknown_replies)
    [reply] = unknown_replies()
    assert (reply.path, reply.http_status, reply.count) == ("friendships/create/{}", 400, 1)
    assert (reply.shape["user.username"], reply.shape["action"]) == ("text", "text")
    kept = json.dumps([reply.path, reply.shape])
    assert not any(part in kept for part in (CANARY, "98765432101", "token", bot.account))


def test_a_test_of_the_session_is_counted_each_time(bot, sandbox):
    sandbox.answer(bot.account, NEW, call="current_user", count=2)
    for _ in range(2):
        with pytest.raises(BotException, match="INSTAGRAM_REFUSED"):
            requests.test_session(bot.id)
    [reply] = unknown_replies()
    assert (reply.path, reply.count) == ("api/v1/accounts/current_user", 2)
