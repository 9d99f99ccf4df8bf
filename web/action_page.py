"""The parts of the page of one action: funnel, the lit strip, people with their states, timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from flask import url_for
from markupsafe import Markup

from bot.actions import control
from bot.actions.control import Progress, subject_of
from bot.automation.status import BotReport
from bot.forecast.estimates import estimates
from bot.forecast.forecast import ActionForecast, Forecast
from bot.history.log import read_log
from bot.inputs.pagination import Page
from bot.inputs.params import Params
from bot.messages import sending
from bot.messages.sending import RESULT_STATUS, Result
from bot.messages.templates import parse
from bot.messages.undecided import undecided_messages
from bot.plans import progress as plans
from bot.plans.progress import PlanProgress
from bot.results.measures import measures_of
from bot.storage.models import Action, ActionTarget
from bot.storage.models.values import StepKind, TargetStatus
from middleware.access import me
from web import action_list, action_rows, action_text, labels, local_time, log_text, panel, plan_page, status_text
from web.action_rows import Row
from web.follow_backs import rest_of
from web.log_text import Entry

PEOPLE_PAGE_SIZE = 24
TIMELINE_ENTRIES = 12
_NEXT_SHOWN = 2
# The order of the lists of people; the first that is not empty is shown.
_LISTS = ("done", "pending", "unknown", "failed", "skipped")
_SENT: Literal["sent"] = "sent"


class TargetFilter(Params):
    """The list of people to show. Messages were `sent` before they were `done` like all others."""

    status: TargetStatus | Literal["sent"] | None = None
    cursor: str | None = None


@dataclass(frozen=True)
class Stage:
    """One bar of the funnel. `width` is its share of the first one, in percent."""

    word: str
    note: str
    value: int
    width: float


@dataclass(frozen=True)
class Strip:
    """The strip below the head: what acts now, or why nothing does. `tone` is empty for the lit one.

    `who` is the name of the person with the next step. `href` and `button` lead to what the user can do about it.
    """

    tone: str
    icon: str
    who: str
    said: Markup | str
    then: Markup | str
    href: str = ""
    button: str = ""
    code: str = ""


@dataclass(frozen=True)
class Listed:
    """The list of people that is shown: its status, the other lists with their counts, and one page of results."""

    status: str
    counts: list[tuple[str, str, int]]
    results: Page[Result]
    cursor: str | None


def parts(action_id: str, wanted: TargetFilter) -> dict[str, Any]:
    """Return everything that the page and its polled part show. Raises ACTION_NOT_FOUND and BAD_CURSOR."""
    # The report says whether to poll again. It is read first, so that what follows is never older.
    report = panel.own_report()
    progress = control.get_action(me().id, action_id)
    # It may have ended between the two reads.
    ahead = None if progress.action.finished_at else estimates(me().id, report, action_list.open_actions())
    row, upcoming = _row(report, progress, ahead), _next_people(progress)
    places = plan_page.places_of(progress.action)
    return {
        "report": report,
        "progress": progress,
        "row": row,
        "strip": _decide(progress, busy=row.lit and bool(upcoming)) or strip(report, row, upcoming),
        "funnel": funnel(progress),
        "plan": places,
        "plan_notes": plan_page.notes(places, _own(progress, ahead), report) if places and ahead else [],
        "people": _people(progress, wanted, places),
        "days": _timeline(progress.action),
    }


def _row(report: BotReport, progress: Progress, ahead: Forecast | None) -> Row:
    if ahead is None:
        return action_rows.ended_row(progress)
    return action_rows.open_rows(report, [progress], ahead)[0]


def _own(progress: Progress, ahead: Forecast | None) -> ActionForecast | None:
    return next((one for one in ahead.actions if one.id == progress.action.id), None) if ahead else None


def funnel(progress: Progress) -> list[Stage]:
    """Return the bars from all that were found or listed to those that were done, and answered."""
    action = progress.action
    posts = action_text.acts_on_posts(action)
    many = "posts" if posts else "people"
    if action.listed:
        bars = [("On your list", many, progress.found)]
    else:
        bars = [("Found", f"{many} {_source(action)}", progress.found)]
    bars.append(("Matched", _share(progress), progress.matched))
    wanted = "" if action.listed else f"of {action.total:,} wanted"
    bars.append((action_text.did(action).capitalize(), wanted, progress.done))
    if action_text.step_kind(action) == StepKind.MESSAGE:
        bars.append(("Answered", "so far", progress.answered))
    if action_text.step_kind(action) == StepKind.FOLLOW:
        back = measures_of(action.user_id, action.id, StepKind.FOLLOW)["follow_back_14"]
        if back.people:
            bars.append(("Followed back", f"within 14 days, {rest_of(back) or 'all known'}", back.yes + back.so_far))
    top = max(bars[0][2], 1)
    return [Stage(word, note, value, round(100 * value / top, 1)) for word, note, value in bars]


def _share(progress: Progress) -> str:
    """Return how many of the examined people or posts were not skipped."""
    examined = progress.found - progress.up_next
    if not examined:
        return "none checked yet"
    share = f"{round(100 * progress.matched / examined)}% of those checked"
    said = share if progress.skipped else "none skipped"
    waits = progress.up_next and not progress.action.finished_at
    return f"{said}, {progress.up_next:,} still to check" if waits else said


def _source(action: Action) -> str:
    """Return where people or posts of a search come from, after the noun."""
    subject = subject_of(action) or ""
    said = {
        "follow-followers": f"who follow {subject}",
        "follow-hashtag": f"who posted {subject}",
        "like-hashtag": f"with {subject}",
        "plan": f"from {subject}",
        "unfollow": "your bot followed",
    }
    return said.get(action.kind, "you follow")


def _next_people(progress: Progress) -> Sequence[ActionTarget]:
    action = progress.action
    if action.finished_at:
        return ()
    if plan_page.is_plan(action):
        return plans.next_people(me().id, action.id, _NEXT_SHOWN)
    return control.list_targets(me().id, action.id, _NEXT_SHOWN, None, TargetStatus.PENDING).items


def _decide(progress: Progress, *, busy: bool) -> Strip | None:
    """Return the strip that asks the user about messages in doubt. An action that is `busy` has its own."""
    action = progress.action
    is_plan = plan_page.is_plan(action)
    if busy or not (is_plan or (progress.unknown and action_text.step_kind(action) == StepKind.MESSAGE)):
        return None
    left = next((one.count for one in undecided_messages(me().id) if one.action_id == action.id), 0)
    if not left:
        return None
    said = f"{labels.number_of(left, 'message', 'messages')} may or may not have arrived."
    href = url_for("web.actions.show", action_id=action.id, status="unknown", _anchor="people")
    return Strip("", "alert", "", said, "Look into the conversation on Instagram and decide.", href, "Decide")


def strip(report: BotReport, row: Row, upcoming: Sequence[ActionTarget]) -> Strip | None:
    """Return the strip of the page. None if the status in the head says all."""
    progress = row.progress
    action = progress.action
    if action.finished_at:
        return _ended(progress)
    if row.lit:
        return _running(report, progress, upcoming)
    if row.word == "Paused":
        return Strip("plain", "pause", "", "Paused by you.", "Nothing happens until you resume it.")
    verdict = status_text.held(action, report)
    if verdict is None:
        return _in_turn(progress, upcoming) if row.word == "Up next" else None
    href = status_text.CHANGE.get(verdict.change or "", "")
    waits = status_text.heals(verdict)
    then: Markup | str = verdict.remedy or ""
    if verdict.until:
        turn = Markup("{} {}.").format(panel.next_word(verdict), panel.due(verdict.until))
        # The remedy of a wait that ends by itself says the same without the time.
        then = Markup("No action needed. {}").format(turn) if waits else Markup("{} {}").format(turn, then)
    tone = "plain" if waits or verdict.who == "admin" else "bad"
    button = "Change" if href else ""
    return Strip(tone, "clock" if waits else "alert", "", verdict.message, then, href, button, verdict.code or "")


def _running(report: BotReport, progress: Progress, upcoming: Sequence[ActionTarget]) -> Strip:
    when = panel.due(report.next_step_at) if report.next_step_at else Markup("now")
    checks = report.verdict.reason == "LOOKING_UP" or progress.action.listed
    if report.verdict.reason == "LOOKING_UP" or not upcoming:
        doing = "checks results again" if checks else "looks for people"
        return Strip("", "search", "", Markup("Next: your bot {} {}.").format(doing, when), "")
    first, *others = (target.person for target in upcoming)
    said = _next_of(progress.action, first, when)
    # Those of a plan are at several places.
    left = 0 if plan_page.is_plan(progress.action) else progress.up_next - 1 - len(others)
    more = f" and {left:,} more to check" if left > 0 else ""
    return Strip("", "", first, said, f"Then @{others[0]}{more}." if others else "")


def _in_turn(progress: Progress, upcoming: Sequence[ActionTarget]) -> Strip:
    who = upcoming[0].person if upcoming else ""
    idle = "checks results again" if progress.action.listed else "looks for people"
    said = _next_of(progress.action, who) if who else f"Next: your bot {idle}."
    return Strip("plain", "clock", who, said, "It takes turns with your other actions.")


def _next_of(action: Action, who: str, when: Markup | str = "") -> Markup:
    what = "a post of @" if action_text.acts_on_posts(action) else "@"
    return Markup("Next: {}{}{}.").format(what, who, Markup(" {}").format(when) if when else "")


def _ended(progress: Progress) -> Strip | None:
    trouble = progress.trouble
    if trouble is None:
        return None
    if progress.action.status == "failed":
        return Strip("bad", "alert", "", trouble.message, trouble.remedy, code=trouble.code)
    return Strip("plain", "ok", "", trouble.message, "", code=trouble.code)


def _people(progress: Progress, wanted: TargetFilter, places: PlanProgress | None) -> Listed:
    counts = plan_page.counts(places) if places else _counts(progress)
    asked = "done" if wanted.status == _SENT else wanted.status
    status = str(asked or next((name for name in _LISTS if counts[name]), _LISTS[0]))
    shown = [(name, _word(progress.action, name), counts[name]) for name in _LISTS if counts[name] or name == asked]
    return Listed(status, shown, _results(progress.action, status, wanted.cursor), wanted.cursor)


def _counts(progress: Progress) -> dict[str, int]:
    return {
        "done": progress.done,
        "pending": progress.up_next,
        "unknown": progress.unknown,
        "failed": progress.failed,
        "skipped": progress.skipped,
    }


def _results(action: Action, status: str, cursor: str | None) -> Page[Result]:
    if plan_page.is_plan(action):
        return plans.list_people(me().id, action.id, PEOPLE_PAGE_SIZE, cursor, status)
    if action_text.step_kind(action) == StepKind.MESSAGE:
        named = RESULT_STATUS.get(status, status)
        return sending.list_results(me().id, action.id, PEOPLE_PAGE_SIZE, cursor, named)
    found = control.list_targets(me().id, action.id, PEOPLE_PAGE_SIZE, cursor, status)
    return Page([Result(target, None, False) for target in found.items], found.next)


def _word(action: Action, status: str) -> str:
    words = {
        "done": "Done" if plan_page.is_plan(action) else action_text.did(action).capitalize(),
        "pending": _word_of_pending(action),
        "unknown": "Not certain",
        "failed": "Failed",
        "skipped": "Skipped",
    }
    return words.get(status) or labels.word(status, labels.STATES)


def _word_of_pending(action: Action) -> str:
    if action.finished_at:
        return "Not done"
    return "To do" if plan_page.is_plan(action) else "Up next"


def _timeline(action: Action) -> list[tuple[str, list[Entry]]]:
    runs = read_log(me().id, local_time.zone(), action_id=action.id).items[:TIMELINE_ENTRIES]
    return log_text.by_day(log_text.entry(run, None) for run in runs)


def variants(action: Action) -> int:
    """Return the number of texts that one person may get; 1 for an action without a text."""
    text = action.params.get("message")
    return parse(text).variants if text else 1
