"""No step reads all that a user ever did: each statement finds its rows by an index of its own."""

import pytest
from sqlalchemy import event, text

from bot.actions import control
from bot.automation.status import bot_report
from bot.steps.work import next_work
from bot.storage.engine import db
from tests.bot.driving import claim, count, do_step, follow_action, message_action, refuse_step, work_of


def plans_of(call):
    """How SQLite looks up what a call asks of the targets: each statement and its plan."""
    seen = []

    def explain(connection, _cursor, statement, parameters, *_rest):
        if statement.startswith("SELECT") and "action_targets" in statement:
            asking = connection.connection.cursor()
            asking.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            seen.append((statement, [row[-1] for row in asking.fetchall()]))

    event.listen(db.engine, "before_cursor_execute", explain)
    try:
        call()
    finally:
        event.remove(db.engine, "before_cursor_execute", explain)
    return seen


INDEXES = sorted(str(index.name) for index in db.metadata.tables["action_targets"].indexes)


# PostgreSQL chooses by statistics, which a database of this size and age does not have. SQLite has none: of two indexes
# that it finds equal it takes the younger one.
@pytest.mark.parametrize("youngest", INDEXES)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_step_reads_all_that_a_user_ever_did(ready, clock, youngest):
    with db.engine.begin() as connection:
        asked = text("SELECT sql FROM sqlite_master WHERE name = :name")
        made = connection.execute(asked, {"name": youngest}).scalar_one()
        connection.execute(text(f"DROP INDEX {youngest}"))
        connection.execute(text(made))
    follow_action(ready)
    plans = plans_of(lambda: do_step(ready, clock))
    work = work_of(ready)
    claim(ready, work)
    plans += plans_of(lambda: bot_report(ready.id))
    plans += plans_of(lambda: next_work(ready.id))
    written = message_action(ready, "ann", "ben")
    control.pause(ready.id, work.action_id)
    plans += plans_of(lambda: refuse_step(ready, clock, "INSTAGRAM_TIMEOUT", "maybe"))
    plans += plans_of(lambda: next_work(ready.id))
    assert count(ready, written, "unknown") == 1
    for statement, steps_of_plan in plans:
        for line in steps_of_plan:
            assert "SCAN action_targets" not in line, statement
            # Few targets at a time are to be looked up, and this index has no others.
            few = "ix_action_targets_to_look_up" in line
            assert few or not line.endswith("(user_id=?)"), (statement, line)
