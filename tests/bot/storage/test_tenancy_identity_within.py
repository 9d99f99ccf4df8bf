"""Changes of users and sign-ins in the transaction of a user's own rows."""

import pytest
from sqlalchemy import select, update

from bot.core.errors import BotException
from bot.storage.models import BotStatus, User
from bot.storage.tenancy import identity_within, tenant


def test_who_may_sign_in_changes_in_the_transaction_of_a_tenant(alice, bob):
    for keep in (False, True):
        with tenant(alice.id) as session:
            session.scalars(select(BotStatus)).one().instagram_username = "insta.name"
            with identity_within(session) as people:
                people.get_one(User, alice.id).instagram_username = "insta.name"
            assert session.get(User, bob.id) is None
            with pytest.raises(BotException, match="SCOPE_VIOLATION"):
                session.execute(update(User).values(role="admin"))
            if keep:
                session.commit()
        with tenant(alice.id, reading=True) as session:
            names = {session.scalars(select(one.instagram_username)).one() for one in (BotStatus, User)}
        assert names == ({"insta.name"} if keep else {None})
