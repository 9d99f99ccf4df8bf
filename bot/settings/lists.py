"""The lists of people and words: keep, do-not-contact, stop words and positive words, entry by entry."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlalchemy import select

from bot.automation.lifecycle import notify_bot
from bot.contacts import do_not_contact
from bot.core.errors import BotException
from bot.history.activity import record
from bot.inputs.params import Params
from bot.inputs.validation import InstagramName
from bot.settings.changes import note_settings, snapshot
from bot.settings.preferences import MAX_KEPT, MAX_STOP_WORDS, Settings, StopWord, apply_settings
from bot.storage.bot_lock import locked_status
from bot.storage.models import BotSettings
from bot.storage.models.values import ActivityStatus
from bot.storage.tenancy import tenant

MAX_AT_ONCE = 1000


class NameChange(Params):
    """Names to add to a list and to remove from it. Both may be there, or not there, already."""

    add: list[InstagramName] = Field([], max_length=MAX_AT_ONCE)
    remove: list[InstagramName] = Field([], max_length=MAX_AT_ONCE)


class WordChange(Params):
    """Words to add to a list and to remove from it. Both may be there, or not there, already."""

    add: list[StopWord] = Field([], max_length=MAX_STOP_WORDS)
    remove: list[StopWord] = Field([], max_length=MAX_STOP_WORDS)


class ListChanges(Params):
    """Changes of your lists, entry by entry. What is left out stays."""

    keep: NameChange = Field(NameChange(), description="People who are never unfollowed.")
    stop_words: WordChange = Field(WordChange(), description="Words in an answer that mean: leave me alone.")
    positive_words: WordChange = Field(WordChange(), description="Words in an answer that mark it as positive.")
    do_not_contact: list[InstagramName] = Field(
        [], max_length=MAX_AT_ONCE, description="People to add to your do-not-contact list."
    )


@dataclass(frozen=True)
class ListsReport:
    """The lists after a change, and the number of entries that were new. The do-not-contact list is read by page.

    `change_id` undoes the change of all lists but that.
    """

    keep: list[str]
    stop_words: list[str]
    positive_words: list[str]
    added: int
    change_id: str | None


def change_lists(user_id: str, params: ListChanges) -> ListsReport:
    """Add and remove entries, and notify the lane. Commits. Raises LIST_FULL."""
    with tenant(user_id) as session:
        locked_status(session)
        before = snapshot(session)
        row = session.scalars(select(BotSettings)).one()
        changed = {
            "keep": _changed("keep", row.keep, params.keep, MAX_KEPT),
            "stop_words": _changed("stop_words", row.stop_words, params.stop_words, MAX_STOP_WORDS),
            "positive_words": _changed("positive_words", row.positive_words, params.positive_words, MAX_STOP_WORDS),
        }
        added = sum(len(set(entries) - set(getattr(row, name))) for name, entries in changed.items())
        apply_settings(session, Settings.model_validate(_differing(row, changed)))
        added += do_not_contact.add_all(session, params.do_not_contact)
        change_id = note_settings(session, before)
        if change_id:
            record(session, "settings", ActivityStatus.DONE)
        session.commit()
        report = ListsReport(row.keep, row.stop_words, row.positive_words, added, change_id)
    notify_bot(user_id)
    return report


def _changed(name: str, entries: list[str], change: NameChange | WordChange, most: int) -> list[str]:
    found = sorted((set(entries) | set(change.add)) - set(change.remove))
    if len(found) > max(most, len(entries)):
        message = f"This list may hold {most} at most, and would hold {len(found)}."
        raise BotException("LIST_FULL", errors=[{"field": f"{name}.add", "code": "LIST_FULL", "message": message}])
    return found


def _differing(row: BotSettings, changed: dict[str, list[str]]) -> dict[str, Any]:
    """Leave out the lists that stay. One from before a rule may hold what is no longer accepted."""
    return {name: entries for name, entries in changed.items() if entries != getattr(row, name)}
