"""Each accepted person gets exactly the previewed text, and no other person gets one."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.core.errors import BotException
from bot.messages import sending
from bot.messages.deliveries import text_for
from bot.messages.sending import Writing
from bot.recipients.reading import parse_csv
from bot.storage.models import Action, ActionTarget
from bot.storage.models.values import ActionStatus
from bot.storage.tenancy import tenant

TEXTS = ["{Hi|Hello} {username}", "Hi {first_name|there}, {full_name}", "{full_name|you} {first_name} {a|b|c}"]
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters='"\r\n\x00'), max_size=30)
people = st.lists(st.tuples(st.from_regex(r"[a-z][a-z_]{2,8}x[0-9]", fullmatch=True), names, names), max_size=6)


@pytest.fixture
def database_url(databases, tmp_path):
    with databases.fresh("sqlite", tmp_path) as url:
        yield url


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(people, st.sampled_from(TEXTS))
def test_everybody_who_is_accepted_is_previewed_as_they_are_written_to(ready, rows, text):
    table = "\n".join(["username,full_name,first_name", *(f'{who},"{full}","{first}"' for who, full, first in rows)])
    try:
        found = parse_csv(table.encode())
    except BotException:
        # Empty, or binary.
        return
    assume(found.accepted)
    params = Writing(message=text, again=True)
    shown = sending.dry_run_messages(ready.id, params, found)
    action_id = sending.send_messages(ready.id, params, found).action.id
    with tenant(ready.id) as session:
        action = session.get_one(Action, action_id)
        targets = session.scalars(select(ActionTarget).where(ActionTarget.action_id == action_id))
        sent = {
            one.person: text_for(action.params["message"], one.person, one.full_name, one.first_name) for one in targets
        }
        action.status = ActionStatus.CANCELLED
        session.commit()
    assert sent == {one.username: one.text for one in shown.previews}
    assert set(sent) == {one.username for one in found.accepted}
