import pytest
from sqlalchemy import select

from bot.history.activity import record
from bot.inputs.pagination import all_rows
from bot.storage.models import Activity
from bot.storage.tenancy import tenant


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
def test_all_rows_come_once_and_in_order_in_parts_of_any_size(alice, bob, clock, size):
    for number in range(7):
        with tenant(alice.id) as session:
            record(session, "test", "done", target=f"person.{number}")
            session.commit()
        # Some at the same moment.
        clock.advance(seconds=number % 3)
    with tenant(bob.id) as session:
        record(session, "test", "done", target="a stranger")
        session.commit()
    parts = []

    def read(query):
        with tenant(alice.id, reading=True) as session:
            parts.append(session.run(query).all())
        return parts[-1]

    rows = list(all_rows(read, select(Activity.at, Activity.id, Activity.target), (Activity.at, Activity.id), size))
    assert rows == sorted(rows, reverse=True)
    assert sorted(row.target for row in rows) == [f"person.{number}" for number in range(7)]
    assert all(len(part) <= size for part in parts)


def test_rows_that_come_meanwhile_are_no_reason_to_tell_others_twice(alice, clock):
    def add(target):
        with tenant(alice.id) as session:
            record(session, "test", "done", target=target)
            session.commit()
        clock.advance(seconds=1)

    for number in range(4):
        add(f"person.{number}")

    def read(query):
        with tenant(alice.id, reading=True) as session:
            rows = session.run(query).all()
        add("late")
        return rows

    found = all_rows(read, select(Activity.at, Activity.id, Activity.target), (Activity.at, Activity.id), 2)
    assert [row.target for row in found] == [f"person.{number}" for number in (3, 2, 1, 0)]
