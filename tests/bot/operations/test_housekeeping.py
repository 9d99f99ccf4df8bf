"""Tidying up: every part has its turn, whatever becomes of the others."""

from sqlalchemy import select

from bot.operations.housekeeping import PARTS, run_housekeeping
from bot.storage.models import UserSession
from bot.storage.tenancy import identity


def breaks():
    raise ZeroDivisionError


def test_one_part_that_fails_holds_up_no_other(alice, clock):
    clock.advance(hours=25)
    run_housekeeping((breaks, *PARTS))
    with identity(reading=True) as session:
        assert session.scalars(select(UserSession.end_reason)).one() == "idle"
