"""The end of an action: its result, and its reason in the words of its source."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.actions import candidates
from bot.actions.control import Progress, get_action
from bot.actions.targets import Candidate, Search
from bot.core.errors import BotException, registry
from bot.decision.sources import nothing_found, source_failure
from bot.history.activity import list_activity
from bot.steps.step import Step
from bot.steps.work import next_work
from bot.storage.models import ENDED, OPEN, Action
from bot.storage.models.values import ActionStatus, Outcome
from tests.bot.driving import count, do_step, follow_action, found, work_of
from web.status_text import end

TYPO = {"account": "natgeoo_typo", "filters": {}}
TAG = {"hashtag": "nobodyhere", "filters": {}}


@dataclass(frozen=True)
class End:
    """An action of `total`, what became of its targets, and what it has to say."""

    total: int
    outcome: Outcome
    counts: dict[str, int] = field(default_factory=dict)
    status: ActionStatus = ActionStatus.SUCCEEDED
    badge: tuple[str, str] = ("Failed", "bad")
    listed: bool = False


ENDS = [
    End(3, "done", {"done": 3}, badge=("Done", "good")),
    End(3, "done", {"done": 3, "failed": 2, "skipped": 9}, badge=("Done", "good")),
    End(3, "done", {"done": 3}, listed=True, badge=("Done", "good")),
    End(3, "partly", {"done": 1}, badge=("Partly done", "warn")),
    End(3, "partly", {"done": 2, "skipped": 1}, listed=True, badge=("Partly done", "warn")),
    End(3, "partly", {"unknown": 3}, listed=True, badge=("Partly done", "warn")),
    End(3, "partly", {"done": 1, "failed": 8}, status="failed", badge=("Partly done", "warn")),
    End(3, "partly", {"done": 1}, status="cancelled", badge=("Canceled", "")),
    End(3, "none", {"skipped": 40}),
    End(3, "none", {"skipped": 3}, listed=True),
    End(3, "none"),
    End(3, "none", {"failed": 8}, status="failed", badge=("Failed", "bad")),
    End(3, "none", status="failed", badge=("Failed", "bad")),
    End(3, "none", status="cancelled", badge=("Canceled", "")),
]


@pytest.mark.parametrize("case", ENDS, ids=lambda case: f"{case.status}-{case.total}-{case.counts}")
def test_it_says_what_came_of_it_and_only_what_was_done_is_green(case):
    progress = Progress(Action(status=case.status, total=case.total, listed=case.listed), **case.counts)
    assert (progress.outcome, end(progress)) == (case.outcome, case.badge)
    assert (end(progress)[1] == "good") is (progress.outcome == "done")


@pytest.mark.parametrize("status", OPEN)
def test_an_open_action_has_no_outcome_yet(status):
    assert Progress(Action(status=status, total=1), done=1).outcome is None


def trouble(code: str | None, status: str, params: dict[str, Any]) -> BotException | None:
    action = Action(status=status, total=1, params=params, error_code=code and registry()[code].code)
    return Progress(action).trouble


@pytest.mark.parametrize("status", ENDED)
@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("INSTAGRAM_PERSON_NOT_FOUND", TYPO, "There is no Instagram account @natgeoo_typo."),
        ("INSTAGRAM_PERSON_PRIVATE", TYPO, "The account @natgeoo_typo is private"),
        ("HASHTAG_EMPTY", TAG, "Instagram shows no posts under #nobodyhere."),
    ],
)
def test_the_end_is_told_in_the_words_of_the_source(name, params, message, status):
    told = trouble(name, status, params)
    assert told.message.startswith(message)
    assert "choose" in told.remedy.lower()
    assert "person" not in told.message + told.remedy


def test_what_failed_for_one_person_is_told_of_the_person():
    entry = registry()["INSTAGRAM_PERSON_NOT_FOUND"]
    assert trouble(entry.name, "running", TYPO).message == entry.description
    assert trouble(entry.name, "failed", TAG).message == entry.description
    assert trouble(None, "failed", TAG) is None


def test_a_code_that_nobody_foresaw_has_words_as_well():
    action = Action(status="failed", total=1, params=TAG, error_code="E-FLW-C-A1B2")
    assert Progress(action).trouble.name == "INTERNAL"


def test_a_failure_of_a_source_names_its_field():
    failure = source_failure("INSTAGRAM_PERSON_NOT_FOUND", TYPO)
    (problem,) = failure.meta["errors"]
    assert (problem["field"], problem["code"]) == ("account", "INSTAGRAM_PERSON_NOT_FOUND")
    assert problem["message"] == failure.message
    assert source_failure("INSTAGRAM_TIMEOUT", TYPO) is None
    assert nothing_found(TAG).name == "HASHTAG_EMPTY"
    assert nothing_found(TYPO) is None


def test_a_source_that_is_gone_after_a_while_leaves_what_was_done(ready, clock):
    action_id = follow_action(ready, people=1, amount=3)
    do_step(ready, clock)
    found(ready, action_id, [])
    Step(ready.id, next_work(ready.id)).exhaust(source_failure("HASHTAG_EMPTY", {"hashtag": "coffee"}))
    ended = get_action(ready.id, action_id)
    assert (ended.action.status, ended.outcome, count(ready, action_id, "done")) == ("succeeded", "partly", 1)
    assert ended.trouble.message == "Instagram shows no posts under #coffee."


@pytest.mark.parametrize("limited", [True, False])
def test_a_list_that_instagram_cuts_is_told_as_such_and_not_as_exhausted(ready, clock, limited):
    action_id = follow_action(ready, people=0)
    people = [Candidate(name, name, f"id-{name}") for name in ("ann", "ben")]
    work = Search(action_id, "follow-hashtag", "follow", {}, None, False)
    candidates.add_candidates(ready.id, work, people[:1], "more", skip_if_handled=False, limited=limited)
    candidates.add_candidates(ready.id, work, people, None, skip_if_handled=False, limited=limited)
    do_step(ready, clock)
    do_step(ready, clock)
    Step(ready.id, work_of(ready)).exhaust()
    action = get_action(ready.id, action_id)
    name = "INSTAGRAM_LIST_LIMITED" if limited else "CANDIDATES_EXHAUSTED"
    assert (action.action.status, action.done, action.action.error_code) == ("succeeded", 2, registry()[name].code)
    code = registry()["INSTAGRAM_LIST_LIMITED"].code
    told = [line for line in list_activity(ready.id, 50, None, code=code).items if line.status == "warned"]
    assert len(told) == (1 if limited else 0)
