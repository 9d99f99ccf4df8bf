"""Nothing but the state machine sets the status of a target, and the documents show the machine as it is."""

import ast

import pytest

from bot.storage import target_states
from tests.structure.source import ROOT, product_files, shown, tree
from tests.structure.status_rules import writes
from tests.support.architecture_table import BEGINS, ENDS, PAGE, with_table

MACHINE = "bot/storage/target_states.py"
OF_OTHERS = {
    # An action.
    ("bot/actions/targets.py", "action.status"),
    ("bot/steps/outcomes.py", "action.status"),
    ("bot/steps/decisions.py", "action.status"),
    # A request of an account.
    ("bot/linking/claimed.py", "row.status"),
    ("bot/linking/requests.py", "row.status"),
    # The HTTP status of a stored response.
    ("bot/history/idempotency.py", "record.status"),
    # What a search found, whose columns come from `find` and `find_skipped`.
    ("bot/actions/candidates.py", "insert(status)"),
    # A line of the activity.
    ("bot/history/activity.py", "{status}"),
}
PLANTED = [
    'row.status = "done"',
    'row.status, row.reason = "done", None',
    'row.reason = row.status = "done"',
    '[row.status, *rest] = "done", 1',
    'row.status: str = "done"',
    'row.status += "e"',
    "del row.status",
    "for row.status in states: pass",
    "with opened() as row.status: pass",
    "[1 for row.status in states]",
    'target.row.status = "done"',
    'setattr(row, "status", "done")',
    'row.__setattr__("status", "done")',
    'object.__setattr__(row, "status", "done")',
    'set_attribute(row, "status", "done")',
    'attributes.set_committed_value(row, "status", "done")',
    'row.__dict__["status"] = "done"',
    'vars(row).update(status="done")',
    'ActionTarget(status="done")',
    'models.ActionTarget(id=1, status="done")',
    'ActionTarget(**{"status": "done"})',
    'ActionTarget(**dict(status="done"))',
    'update(ActionTarget).values(status="done")',
    'update(ActionTarget).where(ActionTarget.id == 1).values({"status": "done"})',
    'update(ActionTarget).values({ActionTarget.status: "done"})',
    'update(ActionTarget).ordered_values((ActionTarget.status, "done"))',
    "sa.update(models.ActionTarget).values(**made)",
    'change.values(status="done")',
    'insert(ActionTarget).values(status="done")',
    'session.run(_ADD, [{"id": 1, "status": "done"}])',
    'session.query(ActionTarget).update({"status": "done"})',
    'made["status"] = "done"',
]
INNOCENT = [
    "row.status == 'done'",
    "known = row.status",
    'update(Action).where(Action.id == 1).values(status="done")',
    "select(ActionTarget.status)",
    'list_activity(status="failed")',
    'replace(target, status="working")',
    'made = {"reason": row.status}',
]


@pytest.mark.parametrize("code", PLANTED)
def test_each_way_to_set_a_status_is_found(code):
    assert list(writes(ast.parse(code)))


@pytest.mark.parametrize("code", INNOCENT)
def test_what_sets_no_status_of_a_target_is_left_alone(code):
    assert list(writes(ast.parse(code))) == []


def test_nothing_else_sets_the_status_of_a_target():
    worked_on = [path for path in product_files() if path.is_relative_to(ROOT / "bot") or "jobs" in path.parts]
    found = {(shown(path), what) for path in worked_on for _, what in writes(tree(path)) if shown(path) != MACHINE}
    assert found == OF_OTHERS


def test_each_transition_is_a_function_of_its_name():
    named = {transition.name for transition in target_states.TRANSITIONS}
    source = tree(ROOT / MACHINE)
    functions = {node.name for node in source.body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"}
    # They end look-ups and waits, and change no status.
    assert functions - {"find_later"} == named | {"stop_looking_up", "learn"}
    assert len(target_states.TRANSITIONS) == len(named)


def test_the_table_of_the_document_is_that_of_the_machine():
    """If this fails: `python -m tests.support.architecture_table`."""
    page = PAGE.read_text()
    assert page.count(BEGINS) == page.count(ENDS) == 1
    assert page == with_table(page)
