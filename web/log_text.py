"""Entries of the log in words: what was done, to how many, and when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from types import MappingProxyType
from typing import Protocol, TypeVar

from markupsafe import Markup

from bot.actions.control import subject_of
from bot.history.log import Run
from bot.storage.models import Action
from bot.storage.models.values import StepKind, activity_of
from bot.storage.target_states import CONFIRMED
from web import labels, local_time

_PEOPLE, _POSTS = ("person", "people"), ("post", "posts")
_STEPS = {
    "follow": ("Followed", "follow", _PEOPLE),
    "unfollow": ("Unfollowed", "unfollow", _PEOPLE),
    "like": ("Liked", "like", _POSTS),
    "story": ("Watched stories of", "watch stories of", _PEOPLE),
    "message": ("Messaged", "message", _PEOPLE),
    "own_reply": ("Replied to", "reply to", _PEOPLE),
}
"""The past and the base form of each kind of step, and the words for one and for many of its objects."""
_KIND: dict[str, StepKind] = {activity_of(kind): kind for kind in StepKind}
_ACTS = {
    "read_replies": ("Checked for answers", "Could not check for answers"),
    "measure": ("Checked who followed back", "Could not check who followed back"),
    "catch_up": ("Read messages after a restore", "Could not read messages after a restore"),
    "message_sent": ("You marked a message as sent", ""),
    "message_not_sent": ("You marked a message as not sent", ""),
    "message_send_again": ("You had a message sent again", ""),
    "preview": ("Previewed matches", "Could not preview matches"),
    "link": ("Connected your account", "Could not connect your account"),
    "verify": ("Confirmed it is you", "Could not confirm it is you"),
    "send_code": ("Asked Instagram for a code", "Got no code from Instagram"),
    "import": ("Imported a session", "Could not import the session"),
    "test": ("Tested the connection", "The connection test failed"),
    "check": ("Your admin checked the connection", "Your admin’s check failed"),
    "unlink": ("You disconnected your account", ""),
    "account_request": ("Asked Instagram", "Instagram could not be asked"),
    "request": ("", "This was refused"),
    "bot_start": ("You turned the bot on", ""),
    "bot_stop": ("You turned the bot off", ""),
    "settings": ("You changed settings", ""),
    "limits": ("You changed limits", ""),
    "do_not_contact": ("Do not contact", ""),
    "may_contact": ("May be contacted again", ""),
    "person_forgotten": ("You had a person forgotten", ""),
    "alert_channel_added": ("You added a notification", ""),
    "alert_channel_removed": ("You removed a notification", ""),
    "step": ("", "A step failed"),
}
"""Each other act that was done, and the same where it failed."""
_ON_ACTIONS = {
    "order": "You started",
    "action_paused": "You paused",
    "action_running": "You resumed",
    "action_cancelled": "You canceled",
    "action_rescheduled": "You rescheduled",
    "action_renamed": "You renamed",
    "repeat_ended": "No longer repeated:",
}
"""Acts on an action, whose title follows."""
_ICONS = {
    "reply": "inbox",
    "read_replies": "inbox",
    "catch_up": "inbox",
    "measure": "search",
    "preview": "search",
    "settings": "settings",
    "limits": "limits",
    "do_not_contact": "ban",
    "bot_start": "play",
    "bot_stop": "pause",
}
_FROM_YOU = ("message_", "action_", "order", "unlink", "bot_", "settings", "limits", "alert_channel")


_WITH_PEOPLE = frozenset({"follow", "unfollow", "story", "message", "own_reply", "reply"})
NO_PEOPLE: Mapping[str, str] = MappingProxyType({})


class Dated(Protocol):
    """An entry of a track."""

    @property
    def day(self) -> date:
        """The day of the reader's time zone that it belongs to."""


OnDay = TypeVar("OnDay", bound=Dated)


@dataclass(frozen=True)
class Entry:
    """One entry of the track.

    `text` says what happened. `link` are the words that lead to the action. `kind` is the
    kind of the tile, else `icon` names the pin's icon. `tone` is empty or `warn`. `note` is a further line: reasons, or
    what went wrong. `people` leads from names to the ids of people.
    """

    run: Run
    text: Markup
    link: str
    action: Action | None
    kind: str
    icon: str
    tone: str
    note: str
    people: Mapping[str, str]

    @property
    def day(self) -> date:
        return self.run.day

    @property
    def named(self) -> list[tuple[str | None, str]]:
        """Return the people of an entry of several: the id of each, if they are known, and the name."""
        if self.run.action not in _WITH_PEOPLE or self.run.count == 1:
            return []
        return [(self.people.get(name), f"@{name}") for name in self.run.targets]

    @property
    def unnamed(self) -> int:
        """Return the number of its lines that are not named."""
        return max(0, self.run.count - len(self.named))

    @property
    def span(self) -> Markup:
        """Return when it happened: a time, or the first and the last one."""
        first, last = local_time.clock(self.run.first_at), local_time.clock(self.run.last_at)
        return local_time.tagged(self.run.last_at, last if first == last else f"{first}–{last}")


def entry(run: Run, action: Action | None, people: Mapping[str, str] = NO_PEOPLE) -> Entry:
    """Return a run in words. `action` is the one that it belongs to, `people` the ids of people by name."""
    step = run.action in _STEPS
    text = _step(run, people) if step else _reply(run, people) if run.action == "reply" else _act(run)
    kind = _KIND[run.action] if step and run.status == "done" else ""
    tone = "warn" if run.status in ("failed", "unknown", "warned", "resting") else ""
    return Entry(run, text, _link(run, action), action, kind, "alert" if tone else _icon(run), tone, _note(run), people)


def by_day(entries: Iterable[OnDay]) -> list[tuple[str, list[OnDay]]]:
    """Return the entries of a track by day, each day with its name."""
    return [(day_name(day), list(found)) for day, found in groupby(entries, key=lambda one: one.day)]


def day_name(day: date) -> str:
    """Return Today, Yesterday or the date."""
    today = local_time.today()
    named = {today: "Today", today - timedelta(days=1): "Yesterday"}
    return named.get(day) or local_time.day(day)


def target(name: str, act: str) -> str:
    """Return a target of a run as it is shown: a person with @, a post by its code."""
    return f"post {name}" if act == StepKind.LIKE else name if name[:1] in "#@" else f"@{name}"


def _icon(run: Run) -> str:
    if run.status == "skipped":
        return "person-off"
    return _ICONS.get(run.action) or ("person" if run.action.startswith(_FROM_YOU) else "clock")


def _counted(run: Run, words: tuple[str, str], people: Mapping[str, str]) -> Markup:
    """Return the number of people, posts or stories, or the one person, who leads to their page."""
    if run.count == 1 and run.targets and run.action in _WITH_PEOPLE:
        name = Markup("<b>{}</b>").format(target(run.targets[0], run.action))
        person = people.get(run.targets[0])
        return Markup('<a class="plain-link" href="/people/{}">{}</a>').format(person, name) if person else name
    return Markup("<b>{}</b>").format(labels.number_of(run.count, *words))


def _step(run: Run, people: Mapping[str, str]) -> Markup:
    past, base, words = _STEPS[run.action]
    one, many = labels.KINDS[_KIND[run.action]]
    if run.status == "resting":
        return Markup("{} are paused").format(many.capitalize())
    if run.status == "warned":
        return Markup("{} are near a limit").format(many.capitalize())
    counted = _counted(run, words, people)
    if run.status == "failed":
        return Markup("Could not {} {}").format(base, counted) if run.targets else Markup("A {} failed").format(one)
    began = {"done": past, "skipped": "Skipped", "unknown": "Not sure about"}
    return Markup("{} {}").format(began.get(run.status) or labels.word(run.status, labels.RESULTS), counted)


def _reply(run: Run, people: Mapping[str, str]) -> Markup:
    return Markup("{} answered").format(_counted(run, _PEOPLE, people))


def _act(run: Run) -> Markup:
    if run.action in _ON_ACTIONS:
        return Markup("{}").format(_on_action(run))
    done, failed = _ACTS.get(run.action, ("", ""))
    text = failed if run.status == "failed" else done
    if run.status == "started":
        text = f"Began: {labels.word(run.action, labels.ACTIVITY)}"
    text = text or f"{labels.word(run.action, labels.ACTIVITY)}: {labels.word(run.status, labels.RESULTS).lower()}"
    people = run.targets if run.action in ("do_not_contact", "may_contact") else ()
    if people:
        text = f"{text}: {labels.number_of(run.count, *_PEOPLE) if run.count > 1 else target(people[0], run.action)}"
    elif run.count > 1:
        text = f"{text}, {run.count} times"
    return Markup("{}").format(text)


def _on_action(run: Run) -> str:
    if run.action == "order" and run.status == "failed":
        return "Failed:"
    if run.action == "order" and run.status == "warned":
        return "A problem with"
    if run.action == "order" and run.error_code:
        return "Ended:"
    return _ON_ACTIONS[run.action]


def _link(run: Run, action: Action | None) -> str:
    """Return the words that lead to the action: where its people came from, or its title."""
    if action is None:
        return "an action" if run.action in _ON_ACTIONS else ""
    if run.action in _ON_ACTIONS:
        return labels.title(action)
    if action.name:
        return f"for {action.name}"
    subject = subject_of(action)
    if not subject:
        return "· see action"
    return f"from followers of {subject}" if action.kind == "follow-followers" else f"from {subject}"


def _note(run: Run) -> str:
    # An effect that was looked up and is there needs no words.
    told = [(name, count) for name, count in run.reasons.most_common() if name != CONFIRMED]
    words = labels.OF_POSTS if run.action == StepKind.LIKE else labels.REASONS
    reasons = [(labels.word(name, words), count) for name, count in told]
    if len(reasons) == 1:
        return reasons[0][0]
    return " · ".join(f"{name} {count}" for name, count in reasons) or run.message or ""
