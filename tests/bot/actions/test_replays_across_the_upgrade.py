"""A request that placed an action before revision 0010 is replayed after it, and the way back gives its key back."""

from typing import Any

import pytest
from flask import current_app
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from bot.actions import control, placing
from bot.actions.placing import FollowHashtag
from bot.core.errors import BotException
from bot.decision.limits import seed_defaults
from bot.history.idempotency import TTL
from bot.messages.sending import SendMessages, recipients_of, send_messages
from bot.storage.engine import db
from bot.storage.schema import MIGRATIONS, init_migrations, migration_engine

FOLLOW = FollowHashtag(hashtag="#Coffee", amount=2)
OTHER = FollowHashtag(hashtag="#Coffee", amount=3)
WRITE = SendMessages(usernames=["ann", "ben"], message="Hello {username}")
DIGESTS = {
    "follow-hashtag": "aa93e7abdb0ad040c3c1badf8063721a1c957f0d725ad9f6837fa17bbece2258",
    "send-messages": "d52b97117a94dbc91927e5b124d9b812310c52b1e63984e62f0ef4a521b88142",
}
"""Of FOLLOW and WRITE, as the version before made them."""


def write(user, key=None):
    return send_messages(user.id, WRITE, recipients_of(WRITE), key)


def run_as_owner(statement: str, **values: object) -> list[Any]:
    """Return the result of a statement that sees every row, as a revision does."""
    engine = migration_engine(current_app.extensions["troupe"].config)
    with engine.begin() as connection:
        found = connection.execute(text(statement), values)
        rows = [tuple(row) for row in found] if found.returns_rows else []
    engine.dispose()
    return rows


@pytest.fixture
def before(ready):
    """The database of alice as it was before: a key and a digest at each of two actions, and no key at a third."""
    placed = {
        "follow-hashtag": placing.follow_hashtag(ready.id, FOLLOW).action.id,
        "send-messages": write(ready).action.id,
    }
    placing.follow_hashtag(ready.id, OTHER)
    init_migrations(current_app)
    db.engine.dispose()
    downgrade(directory=str(MIGRATIONS), revision="0009")
    for kind, action_id in placed.items():
        change = "UPDATE actions SET idempotency_key = :key, request_digest = :digest WHERE id = :id"
        run_as_owner(change, key=f"key of {kind}", digest=DIGESTS[kind], id=action_id)
    return placed


def migrate_up():
    """Do what a release does: later kinds of steps have a limit then."""
    upgrade(directory=str(MIGRATIONS))
    seed_defaults()


def test_what_was_placed_before_the_upgrade_is_replayed_after_it(ready, before):
    migrate_up()
    again = placing.follow_hashtag(ready.id, FOLLOW, "key of follow-hashtag")
    assert (again.action.id, again.replayed) == (before["follow-hashtag"], True)
    again = write(ready, "key of send-messages")
    assert (again.action.id, again.replayed) == (before["send-messages"], True)
    assert len(control.list_actions(ready.id, 10, None).items) == 3


def test_another_body_under_a_key_of_before_is_refused(ready, before):
    migrate_up()
    for key in ("key of follow-hashtag", "key of send-messages"):
        with pytest.raises(BotException, match="IDEMPOTENCY_KEY_REUSED"):
            placing.follow_hashtag(ready.id, OTHER, key)


def test_a_key_of_before_ends_a_day_after_its_action(ready, before, clock):
    migrate_up()
    clock.advance(seconds=TTL.total_seconds())
    assert placing.follow_hashtag(ready.id, FOLLOW, "key of follow-hashtag").action.id != before["follow-hashtag"]


def test_a_key_that_something_else_has_taken_stays_with_that(ready, before):
    run_as_owner(
        "INSERT INTO idempotency_keys (id, user_id, key, request_digest, status, created_at) "
        "VALUES ('another', :user, 'key of follow-hashtag', 'digest', 202, CURRENT_TIMESTAMP)",
        user=ready.id,
    )
    migrate_up()
    kept = run_as_owner("SELECT id, key FROM idempotency_keys ORDER BY key")
    assert kept == [("another", "key of follow-hashtag"), (before["send-messages"], "key of send-messages")]


def test_the_way_back_gives_the_keys_back_and_those_of_the_new_version_too(ready, before):
    migrate_up()
    new = placing.follow_hashtag(ready.id, OTHER, "key of the new version").action.id
    db.engine.dispose()
    downgrade(directory=str(MIGRATIONS), revision="0009")
    found = run_as_owner("SELECT id, idempotency_key FROM actions WHERE idempotency_key IS NOT NULL")
    assert dict(found) == {
        before["follow-hashtag"]: "key of follow-hashtag",
        before["send-messages"]: "key of send-messages",
        new: "key of the new version",
    }
    assert run_as_owner("SELECT id FROM idempotency_keys") == []
    migrate_up()
    assert placing.follow_hashtag(ready.id, OTHER, "key of the new version").action.id == new
