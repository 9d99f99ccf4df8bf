"""Secrets in rows: every column of bytes is a sealed one, and its value opens in its own place alone."""

import pytest
from sqlalchemy import LargeBinary, select

from bot.core.errors import BotException
from bot.storage.models import Base, InstagramCredentials
from bot.storage.tenancy import tenant
from bot.vault.columns import seal, sealed_columns, unseal
from tests.support.people import give_valid_session

SEALED = {
    (mapper.class_, name): mapper.columns[name].info["purpose"]
    for mapper in sorted(Base.registry.mappers, key=str)
    for name in sealed_columns(mapper.class_)
}


def test_every_column_of_bytes_is_sealed():
    of_bytes = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert of_bytes == {(model.__tablename__, model.__mapper__.columns[name].name) for model, name in SEALED}


def test_no_two_columns_share_a_purpose():
    assert len(set(SEALED.values())) == len(SEALED)


@pytest.mark.parametrize(("model", "name"), SEALED, ids=SEALED.values())
def test_a_sealed_value_opens_in_its_row_and_column_alone(base_app, model, name):
    row, other_row, other_user = (model(id=row) for row in ("r1", "r2", "r1"))
    for one, user in ((row, "u1"), (other_row, "u1"), (other_user, "u2")):
        if hasattr(one, "user_id"):
            one.user_id = user
    seal(row, name, "a secret")
    assert unseal(row, name) == "a secret"
    places = [(other_row, name), *((row, other) for other in sealed_columns(model) if other != name)]
    if hasattr(row, "user_id"):
        places.append((other_user, name))
    for place, column in places:
        setattr(place, column, getattr(row, name))
        with pytest.raises(BotException, match="VAULT_REFUSED"):
            unseal(place, column)


def test_what_is_swapped_between_two_users_in_the_database_opens_for_neither(alice, bob):
    for user in (alice, bob):
        give_valid_session(user.id, session_data=f"session of {user.username}")
    for thief, victim in ((alice, bob), (bob, alice)):
        with tenant(victim.id, reading=True) as session:
            value = session.scalars(select(InstagramCredentials)).one().session_data_encrypted
        with tenant(thief.id) as session:
            account = session.scalars(select(InstagramCredentials)).one()
            kept, account.session_data_encrypted = account.session_data_encrypted, value
            session.commit()
            with pytest.raises(BotException, match="VAULT_REFUSED"):
                unseal(account, "session_data_encrypted")
            account.session_data_encrypted = kept
            session.commit()
