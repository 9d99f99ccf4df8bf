"""Remedies for a call that a person asked for: never those of a bot that works on its own."""

import re

import pytest

from bot.config.runtime import now
from bot.core.errors import BotException, registry
from bot.linking import requests
from bot.storage.models import AccountRequest, new_id
from bot.storage.models.values import RequestKind
from bot.storage.tenancy import tenant

FROM_INSTAGRAM = [name for name in registry() if name.startswith(("INSTAGRAM_", "PROXY_"))]
# Met by a step of a bot alone.
OF_STEPS = {
    "INSTAGRAM_POST_NOT_FOUND",
    "INSTAGRAM_STORY_GONE",
    "INSTAGRAM_PERSON_PRIVATE",
    "INSTAGRAM_MESSAGES_CLOSED",
    "INSTAGRAM_NOT_DONE",
    "INSTAGRAM_MESSAGE_REFUSED",
    "INSTAGRAM_TARGET_REFUSED",
    "INSTAGRAM_LIST_LIMITED",
}
OF_A_BOT_AT_WORK = re.compile(r"the bot (rests|goes on|stays)|bot at work|nothing to do|no action needed|skipped", re.I)


PARAMS: dict[str, dict[str, object]] = {
    "send_code": {"method": "sms"},
    "check": {"record": True},
    "preview": {"kind": "unfollow", "params": {}},
}


def told(user, kind, name):
    row = AccountRequest(id=new_id(), user_id=user.id, kind=kind, created_at=now(), status="failed")
    row.params = PARAMS.get(kind)
    row.error_code = registry()[name].code
    with tenant(user.id) as session:
        session.add(row)
        session.commit()
    with pytest.raises(BotException) as raised:
        requests.get_request(user.id, row.id)
    return raised.value


@pytest.mark.usefixtures("base_app")
@pytest.mark.parametrize("kind", RequestKind)
def test_no_remedy_for_who_asked_tells_of_a_bot_at_work(alice, kind):
    for name in set(FROM_INSTAGRAM) - OF_STEPS:
        remedy = told(alice, kind, name).remedy
        assert not OF_A_BOT_AT_WORK.search(remedy), (name, remedy)
        assert "{" not in remedy


@pytest.mark.usefixtures("base_app")
@pytest.mark.parametrize(
    ("kind", "name", "remedy"),
    [
        ("link", "INSTAGRAM_PLEASE_WAIT", "Wait some minutes, then sign in again."),
        ("link", "INSTAGRAM_ACTION_BLOCKED", "Wait some minutes, then sign in again."),
        ("link", "INSTAGRAM_THROTTLED", "Wait some minutes, then sign in again."),
        ("link", "INSTAGRAM_CONSENT", "Open Instagram, read and answer what it asks, then sign in again."),
        ("verify", "INSTAGRAM_PLEASE_WAIT", "Wait some minutes, then type the code again."),
        ("test", "INSTAGRAM_PLEASE_WAIT", "Wait some minutes, then test the connection again."),
        ("preview", "INSTAGRAM_ACTION_BLOCKED", "Wait some minutes, then look again."),
    ],
)
def test_who_asked_is_told_what_to_do_again(alice, kind, name, remedy):
    failure = told(alice, kind, name)
    assert (failure.name, failure.remedy) == (name, remedy)


def test_a_bot_at_work_keeps_its_own_remedy():
    assert "resumes automatically" in BotException("INSTAGRAM_PLEASE_WAIT").remedy
