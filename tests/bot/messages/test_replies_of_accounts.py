"""Replies of a user who links another account, and the first one again."""

import pytest
from sqlalchemy import select

from bot.automation import lifecycle
from bot.contacts.conversations import get_conversation
from bot.linking.outcomes import store_session
from bot.messages import replying
from bot.storage.models import InstagramCredentials, ReplyText
from bot.storage.tenancy import tenant
from tests.bot.driving import do_step, message_action
from tests.bot.messages.test_replying import hear, person, refusal, reply, rows

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def answered(ready, clock):
    """Alice's bot has written to ann, who has answered."""
    message_action(ready, "ann")
    do_step(ready, clock)
    clock.advance(minutes=5)
    hear(ready, clock, "How much?")
    return ready


def link(user, account_id):
    with tenant(user.id) as session:
        store_session(session, session_data="{}", instagram_id=account_id, username=f"of.{account_id}", password="x")
        session.commit()
    lifecycle.start(user.id)


def test_who_wrote_to_another_account_gets_no_reply_from_this_one(answered, clock):
    """It would come from a stranger."""
    link(answered, "4712")
    assert refusal(reply, answered, form=None) == "REPLY_OTHER_ACCOUNT"
    assert rows(answered, ReplyText) == 0
    assert not replying.may_reply(get_conversation(answered.id, person(answered), 50, None))
    hear(answered, clock, "Is this you, too?")
    assert replying.may_reply(get_conversation(answered.id, person(answered), 50, None))
    assert not reply(answered, form=None).replayed


def test_an_account_that_is_linked_again_has_its_conversations_again(answered):
    own = account_of(answered)
    link(answered, "4712")
    link(answered, own)
    assert replying.may_reply(get_conversation(answered.id, person(answered), 50, None))
    assert not reply(answered).replayed


def account_of(user):
    with tenant(user.id, reading=True) as session:
        return session.scalars(select(InstagramCredentials.instagram_id)).one()
