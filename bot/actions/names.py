"""Names that users give their actions, to tell them apart."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from bot.actions.control import Progress, find_action, progress_of
from bot.history.activity import record
from bot.inputs.params import Params
from bot.inputs.typed_text import visible
from bot.inputs.validation import ONE_LINE, wrong_form
from bot.storage.models import MAX_ACTION_NAME
from bot.storage.models.values import ActivityStatus
from bot.storage.tenancy import tenant


def _visible(name: str) -> str:
    shown = visible(name)
    if not shown:
        raise wrong_form("Type a name with at least one letter, digit or sign, or none.")
    return shown


ActionName = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_ACTION_NAME), ONE_LINE, AfterValidator(_visible)
]
"""The name of an action: one line without invisible characters."""
NAME = Field(None, description="Your own name for it, shown instead of the description of what it does.")


class Rename(Params):
    """A new name for an action. Null removes the name."""

    name: ActionName | None = NAME


def rename(user_id: str, action_id: str, params: Rename) -> Progress:
    """Change or remove the name of an action, open or ended. Raises ACTION_NOT_FOUND. Commits."""
    with tenant(user_id) as session:
        action = find_action(session, action_id)
        if action.name != params.name:
            action.name = params.name
            record(session, "action_renamed", ActivityStatus.DONE, action_id=action.id)
        session.commit()
        return progress_of(session, [action])[0]
