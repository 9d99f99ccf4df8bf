"""Mails about a bot that waits lead to the page at which its user acts."""

import pytest

from bot.config.runtime import runtime
from bot.core.errors import registry
from bot.mail import texts

pytestmark = pytest.mark.usefixtures("base_app")
WAITING = [entry for entry in registry().values() if entry.page]


def _alert(entry):
    return texts.alert("session_ended", entry, {})


def test_a_mail_leads_to_the_page_at_which_one_acts():
    mails = [(entry, mail) for entry in WAITING for mail in (texts.reminder("alice", entry), _alert(entry))]
    for entry, (_, body) in mails:
        assert body.index(entry.remedy) < body.index(f"{runtime().config.address}{entry.page}\n")


def test_a_mail_without_such_a_page_leads_home():
    for name in ("INSTAGRAM_ACTION_BLOCKED", "BOT_STOPPED"):
        assert f"{runtime().config.address}/\n" in texts.alert("blocked", registry()[name], {})[1]


def test_a_test_leads_to_no_page_of_the_bot():
    assert f"{runtime().config.address}/\n" not in texts.alert("test", None, {})[1]
