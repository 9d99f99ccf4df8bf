"""Dry runs look at Instagram when it has not pushed back, and one after the other."""

from datetime import timedelta

import pytest

from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.linking import outcomes, requests
from bot.linking.claimed import claim
from bot.storage.models import CoolDown
from bot.storage.tenancy import tenant


def look(user, kind="follow-hashtag"):
    return requests.preview(user.id, kind, {}, wait=0)


def rest(user, clock, kind):
    with tenant(user.id) as session:
        until = clock.moment + timedelta(hours=1)
        session.add(CoolDown(user_id=user.id, kind=kind, until=until, error_code="E", created_at=clock.moment))
        session.commit()


@pytest.mark.parametrize("kind", ["*", "follow"])
def test_nobody_looks_at_instagram_while_the_bot_rests(ready, clock, kind):
    rest(ready, clock, kind)
    with pytest.raises(BotException, match="COOL_DOWN") as refused:
        look(ready)
    assert refused.value.meta["retry_after"] == 3600
    clock.advance(hours=1)
    assert look(ready).pending


def test_a_rest_of_another_kind_does_not_keep_anybody_from_looking(ready, clock):
    rest(ready, clock, "like")
    assert look(ready).pending


def test_a_look_that_was_asked_for_before_the_rest_is_not_taken(ready, clock):
    answer = look(ready)
    rest(ready, clock, "*")
    assert claim(ready.id, answer.id) is None
    with pytest.raises(BotException, match="COOL_DOWN"):
        requests.get_request(ready.id, answer.id)


@pytest.mark.parametrize(("sandbox", "seconds"), [(False, 10), (True, 2)])
def test_between_two_looks_there_is_a_pause(ready, clock, monkeypatch, sandbox, seconds):
    config = runtime().config.model_copy(update={"instagram_sandbox": sandbox})
    monkeypatch.setattr(runtime(), "config", config)
    first = look(ready)
    with pytest.raises(BotException, match="INSTANCE_BUSY"):
        look(ready)
    clock.advance(seconds=30)
    outcomes.previewed(ready.id, claim(ready.id, first.id), [])
    clock.advance(seconds=seconds - 1)
    with pytest.raises(BotException, match="LOOKED_JUST_NOW") as refused:
        look(ready)
    assert refused.value.meta["retry_after"] == 1
    clock.advance(seconds=1)
    assert look(ready).pending
