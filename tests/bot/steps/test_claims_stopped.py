"""A person who asked to be left alone gets no further message under any name, until the user allows it."""

from sqlalchemy import select

from bot.actions import control
from bot.contacts.do_not_contact import remove_own
from bot.decision.verdicts import SkipTarget
from bot.steps.step import Step
from bot.storage.models import DoNotContact
from bot.storage.tenancy import tenant
from tests.bot.driving import do_step, id_of, message_action, work_of, work_off
from tests.bot.messages.test_deliveries import answer, replaced, skip_next


def test_who_asked_to_be_left_alone_gets_nothing_under_another_name_either(ready, clock):
    work_off(ready, clock, message_action(ready, "ann"))
    answer(ready, clock, "ann", "STOP. Leave me alone")
    clock.advance(hours=1)
    action_id = message_action(ready, "ann.new", "ann.again", again=True)
    work = work_of(ready)
    for target in work.pending:
        assert isinstance(Step(ready.id, work).claim(replaced(target, id_of("ann"))), SkipTarget)
    assert control.get_action(ready.id, action_id).skips == {"do_not_contact": 2}


def test_a_stop_opens_no_message_though_the_list_has_lost_the_person(ready, clock):
    work_off(ready, clock, message_action(ready, "ann"))
    answer(ready, clock, "ann", "STOP")
    with tenant(ready.id) as session:
        session.delete(session.scalars(select(DoNotContact)).one())
        session.commit()
    message_action(ready, "ann")
    assert skip_next(ready) == "do_not_contact"


def test_who_was_taken_off_the_list_by_the_user_may_be_written_to_again(ready, clock):
    work_off(ready, clock, message_action(ready, "ann"))
    answer(ready, clock, "ann", "STOP")
    remove_own(ready.id, "ann")
    clock.advance(hours=1)
    message_action(ready, "ann")
    assert do_step(ready, clock).person == "ann"
