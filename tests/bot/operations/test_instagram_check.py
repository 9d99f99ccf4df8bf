"""When a check leaves an account alone, and what becomes of one that was asked for."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.automation.client_versions import hold_if_refused
from bot.automation.kill_switch import StopAll, stop_all
from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.linking import unlinking
from bot.linking.claimed import ClaimedCheck, claim
from bot.linking.dry_runs import CHECK_PAUSE
from bot.linking.requests import get_request
from bot.operations import instagram_check
from bot.storage.models import AccountRequest, BotStatus, CoolDown, User
from bot.storage.tenancy import identity, tenant
from tests.bot.driving import signed_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("place", ["missing/x.json", "file/x.json", "/proc/x.json"])
def test_a_place_that_cannot_be_written_to_is_told_before_anything_is_read(base_app, ready, tmp_path, place):
    (tmp_path / "file").touch()
    done = base_app.test_cli_runner().invoke(
        args=["instagram-check", ready.username, "--record", str(tmp_path / place)]
    )
    assert done.exit_code == 2
    assert "No file can be written in" in done.output
    assert asked_for(ready) == []


def begin(user):
    return instagram_check.begin_check(user.username, record_shapes=False)


def asked_for(user):
    with tenant(user.id, reading=True) as session:
        return list(session.scalars(select(AccountRequest).where(AccountRequest.kind == "check")))


def status(**values):
    def bring(user, ada):
        with tenant(user.id) as session:
            session.execute(update(BotStatus).values(**values))
            session.commit()

    return bring


def rest(kind):
    def bring(user, ada):
        with tenant(user.id) as session:
            until, code = now() + timedelta(hours=1), BotException("INSTAGRAM_ACTION_BLOCKED").code
            session.add(CoolDown(user_id=user.id, kind=kind, until=until, error_code=code, created_at=now()))
            session.commit()

    return bring


def disabled(user, ada):
    with identity() as session:
        session.get_one(User, user.id).is_active = False
        session.commit()


def busy(user, ada):
    with tenant(user.id) as session:
        session.add(AccountRequest(user_id=user.id, kind="test", created_at=now()))
        session.commit()


REFUSED_CLIENT = BotException("INSTAGRAM_CLIENT_OUTDATED", refused_client="2.0", refused_app="200.0")
REFUSALS = [
    ("NOT_LINKED", lambda user, ada: unlinking.unlink(user.id)),
    ("SESSION_INVALID", status(session_valid=False)),
    ("INSTAGRAM_CHALLENGE", status(session_valid=False, last_error_code=BotException("INSTAGRAM_CHALLENGE").code)),
    ("INSTAGRAM_CONSENT", status(session_valid=False, last_error_code=BotException("INSTAGRAM_CONSENT").code)),
    ("BLOCKED_AGAIN", status(bot_running=False, stop_reason="BLOCKED_AGAIN")),
    ("INSTAGRAM_ADDRESS_BLOCKED", status(bot_running=False, stop_reason="INSTAGRAM_ADDRESS_BLOCKED")),
    ("COOL_DOWN", rest("*")),
    ("COOL_DOWN", rest("like")),
    ("USER_DISABLED", disabled),
    ("KILL_SWITCH", lambda user, ada: stop_all(signed_in(ada), StopAll(reason="no"))),
    ("INSTAGRAM_CLIENT_OUTDATED", lambda user, ada: hold_if_refused(REFUSED_CLIENT)),
    ("INSTANCE_BUSY", busy),
]


@pytest.mark.parametrize(("name", "bring"), REFUSALS, ids=lambda part: part if isinstance(part, str) else "")
def test_it_leaves_an_account_alone_that_must_not_be_used_now(ready, ada, base_app, name, bring):
    bring(ready, ada)
    with pytest.raises(BotException, match=name):
        begin(ready)
    assert asked_for(ready) == []
    done = base_app.test_cli_runner().invoke(args=["instagram-check", ready.username])
    assert (done.exit_code, name in done.output) == (3, True), done.output


def test_a_bot_that_its_user_has_stopped_may_be_read_with(ready):
    status(bot_running=False, stop_reason="BOT_STOPPED")(ready, None)
    assert isinstance(claim(ready.id, begin(ready).id), ClaimedCheck)


def test_a_rest_that_begins_while_it_waits_ends_it(ready):
    check = begin(ready)
    rest("*")(ready, None)
    assert claim(ready.id, check.id) is None
    with pytest.raises(BotException, match="COOL_DOWN"):
        get_request(ready.id, check.id)


def done_with(user, check, failure=None):
    claimed = claim(user.id, check.id)
    instagram_check.finish(user.id, claimed, {"reads": []}, failure)


def test_there_are_minutes_between_two_checks_outside_of_a_demo(ready, clock):
    runtime().config = runtime().config.model_copy(update={"instagram_sandbox": False})
    done_with(ready, begin(ready))
    clock.advance(minutes=1)
    with pytest.raises(BotException, match="CHECKED_JUST_NOW") as refused:
        begin(ready)
    assert refused.value.meta["retry_after"] == (CHECK_PAUSE - timedelta(minutes=1)).total_seconds()
    clock.moment += CHECK_PAUSE
    begin(ready)


def test_a_refusal_of_instagram_has_its_consequence_even_if_the_check_was_withdrawn(ready):
    check = begin(ready)
    claimed = claim(ready.id, check.id)
    instagram_check.withdraw(check)
    assert not instagram_check.note_progress(ready.id, claimed, {"reads": []})
    instagram_check.finish(ready.id, claimed, {"reads": []}, BotException("INSTAGRAM_CHALLENGE", delivered="no"))
    with tenant(ready.id, reading=True) as session:
        bot = session.scalars(select(BotStatus)).one()
    assert (bot.session_valid, bot.bot_running) == (False, False)


def test_a_refused_client_holds_every_bot(ready, bob):
    done_with(ready, begin(ready), REFUSED_CLIENT)
    with pytest.raises(BotException, match="INSTAGRAM_CLIENT_OUTDATED"):
        begin(ready)


def test_progress_is_seen_while_it_runs(ready):
    check = begin(ready)
    claimed = claim(ready.id, check.id)
    assert instagram_check.note_progress(ready.id, claimed, {"reads": [{"read": "person"}]})
    answer = get_request(ready.id, check.id)
    assert (answer.pending, answer.result) == (True, {"reads": [{"read": "person"}]})


def test_names_of_user_and_account_are_known_to_the_recording(ready):
    names = begin(ready).names
    assert {ready.username, "insta.name"} <= names
    assert any(name.isdigit() for name in names)
