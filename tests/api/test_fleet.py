"""All bots for an administrator, and reminders."""

import pytest
from sqlalchemy import select, update

from bot.alerts.channels import NewChannel, add_channel
from bot.automation import kill_switch, lifecycle
from bot.automation.kill_switch import StopAll
from bot.automation.verdicts import keep_verdict
from bot.config.runtime import EXTENSION
from bot.core.errors import BotException
from bot.decision.pushback import RESTING
from bot.fleet import words
from bot.fleet.reminders import remind
from bot.mail.outbox import list_mails
from bot.storage.models import AlertChannel, AuditEntry, BotStatus, User
from bot.storage.tenancy import identity, tenant
from bot.vault.columns import unseal
from tests.api.caller import json_of, refusal
from tests.bot.driving import signed_in
from tests.support.many_users import make_running_bots
from tests.support.people import give_valid_session
from tests.support.statements import statements
from tests.web import situations

PATH = "/admin/bots"


@pytest.fixture
def helpless(app, ready, clock):
    """Alice, whose session Instagram has ended."""
    with app.app_context():
        situations.ended_by("INSTAGRAM_LOGGED_OUT")(ready.id, clock.moment)
        keep_verdict(ready.id)
    return ready


def verified(app, user):
    with app.app_context(), identity() as session:
        values = {"email": f"{user.username}@example.org", "email_verified_at": User.created_at}
        session.execute(update(User).where(User.id == user.id).values(**values))
        session.commit()


def row_of(answer, user):
    return next(item for item in json_of(answer)["items"] if item["user_id"] == user.id)


def test_each_bot_has_its_verdict_since_when_and_who_has_to_act(app, calls, ada, helpless, bob, clock):
    with app.app_context():
        give_valid_session(bob.id, username="bobs.name")
        keep_verdict(bob.id)
    answer = json_of(calls(ada).get(PATH))
    first = answer["items"][0]
    assert (first["username"], first["instagram_username"]) == ("alice", "insta.name")
    assert (first["condition"], first["reason"], first["who"]) == ("needs_help", "INSTAGRAM_LOGGED_OUT", "user")
    assert (first["message"], first["act"]) == ("Instagram signed the bot out", "sign in to Instagram again")
    assert first["since"] == clock.moment.isoformat().replace("+00:00", "Z")
    others = answer["items"][1:]
    assert [(item["username"], item["condition"], item["reason"]) for item in others] == [
        ("bob", "off", "BOT_STOPPED"),
    ]
    assert answer["counts"] == {"working": 0, "waiting": 0, "needs_help": 1, "off": 1, "total": 2}
    assert answer["hold"] is None


def test_they_are_found_by_condition_and_by_either_name(calls, ada, helpless, bob):
    def names(query):
        return [item["username"] for item in json_of(calls(ada).get(f"{PATH}?{query}"))["items"]]

    assert names("condition=needs_help") == ["alice"]
    assert names("condition=working") == []
    assert names("search=LIC") == ["alice"]
    assert names("search=@insta.na") == ["alice"]
    assert names("search=bo%25") == []
    assert json_of(calls(ada).get(f"{PATH}?search=alice"))["counts"]["total"] == 1
    # A user without an account has no bot.
    assert json_of(calls(ada).get(f"{PATH}?search=bob"))["counts"]["total"] == 0
    assert refusal(calls(ada).get(f"{PATH}?condition=sleepy"))[0] == 422


def test_pages_follow_one_another_without_a_gap(app, config, calls, ada, helpless, bob):
    make_running_bots(app, config, 12)
    seen, further = [], "limit=4"
    while further:
        answer = json_of(calls(ada).get(f"{PATH}?{further}"))
        seen += [item["username"] for item in answer["items"]]
        further = answer["next"] and f"limit=4&cursor={answer['next']}"
    assert seen[0] == "alice"
    assert seen[1:] == sorted(f"user-{number}" for number in range(12))
    assert refusal(calls(ada).get(f"{PATH}?cursor=bm9uZQ")) == (422, "BAD_CURSOR")


def test_many_bots_cost_as_many_questions_as_few(app, config, calls, ada, helpless):
    def questions():
        with app.app_context(), statements() as asked:
            assert calls(ada).get(PATH).status_code == 200
        return len(asked)

    make_running_bots(app, config, 38)
    few = questions()
    make_running_bots(app, config, 1000, first=38)
    assert 3 < questions() == few <= 12


def test_what_holds_all_bots_is_told_and_no_bot_works_meanwhile(app, calls, ada, ready, clock):
    with app.app_context():
        kill_switch.stop_all(signed_in(ada), StopAll(reason="A storm."))
    answer = json_of(calls(ada).get(PATH))
    assert (answer["hold"]["reason"], answer["hold"]["detail"]) == ("KILL_SWITCH", "A storm.")
    bot = row_of(calls(ada).get(PATH), ready)
    assert (bot["condition"], bot["reason"], bot["who"]) == ("waiting", "KILL_SWITCH", "admin")
    assert answer["counts"]["working"] == 0
    assert json_of(calls(ada).get(f"{PATH}?condition=waiting"))["items"] == [bot]


def test_a_bot_that_needs_help_is_told_under_a_hold_as_well(app, calls, ada, helpless):
    with app.app_context():
        kill_switch.stop_all(signed_in(ada), StopAll(reason="A storm."))
    assert row_of(calls(ada).get(PATH), helpless)["reason"] == "INSTAGRAM_LOGGED_OUT"
    assert refusal(calls(ada).post(f"{PATH}/{helpless.id}/remind")) == (409, "NOTHING_TO_REMIND")


def test_a_user_is_reminded_by_mail_of_what_to_do(app, calls, ada, helpless):
    verified(app, helpless)
    assert json_of(calls(ada).post(f"{PATH}/{helpless.id}/remind"))["sent_by"] == ["email"]
    with app.app_context():
        (mail,) = list_mails(10, None).items
        text = unseal(mail, "text_encrypted")
    assert (mail.recipient, mail.subject, mail.purpose) == ("alice@example.org", "Your bot waits for you", "reminder")
    assert "Instagram has ended the session." in text
    assert f"{app.extensions[EXTENSION].config.address}/settings/connection\n" in text
    assert row_of(calls(ada).get(PATH), helpless)["reminded_at"]


def test_a_reminder_goes_to_the_users_channels(app, calls, ada, helpless):
    verified(app, helpless)
    with app.app_context():
        add_channel(helpless.id, NewChannel(url="http://127.0.0.1/hook"))
        add_channel(helpless.id, NewChannel(kind="email"))
    assert json_of(calls(ada).post(f"{PATH}/{helpless.id}/remind"))["sent_by"] == ["email", "webhook"]
    with app.app_context(), tenant(helpless.id, reading=True) as session:
        planned = {(one.kind, one.event, bool(one.due_at)) for one in session.scalars(select(AlertChannel))}
        assert planned == {("webhook", "reminder", True), ("email", "reminder", True)}
        assert list_mails(10, None).items == []


def test_one_reminder_a_day_and_each_is_audited(app, calls, ada, helpless, clock):
    verified(app, helpless)
    path = f"{PATH}/{helpless.id}/remind"
    calls(ada).post(path)
    again = calls(ada).post(path)
    assert refusal(again) == (409, "REMINDED_TODAY")
    assert again.headers["Retry-After"] == str(24 * 3600)
    with app.app_context():
        admin = signed_in(ada)
        clock.advance(hours=23)
        with pytest.raises(BotException, match="REMINDED_TODAY"):
            remind(admin, helpless.id)
        clock.advance(hours=1)
        remind(admin, helpless.id)
    with app.app_context(), identity(reading=True) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.event == "bot_reminded")).all()
    assert [(one.actor_id, one.subject_id, one.detail) for one in entries] == [
        (ada.id, helpless.id, "INSTAGRAM_LOGGED_OUT")
    ] * 2


def test_there_is_nothing_to_remind_of_unless_the_bot_waits_for_its_user(app, calls, ada, ready, bob):
    for user in (ready, bob):
        assert refusal(calls(ada).post(f"{PATH}/{user.id}/remind")) == (409, "NOTHING_TO_REMIND")
    with app.app_context():
        lifecycle.stop(ready.id)
    assert refusal(calls(ada).post(f"{PATH}/{ready.id}/remind")) == (409, "NOTHING_TO_REMIND")


def test_without_any_way_to_the_user_it_says_so_and_counts_nothing(app, calls, ada, helpless):
    path = f"{PATH}/{helpless.id}/remind"
    assert refusal(calls(ada).post(path)) == (409, "NO_WAY_TO_REMIND")
    verified(app, helpless)
    assert calls(ada).post(path).status_code == 200


def test_no_text_of_anyone_is_in_it(app, calls, ada, helpless):
    with app.app_context(), tenant(helpless.id) as session:
        session.execute(update(BotStatus).values(last_error_message="a text of Instagram"))
        session.commit()
    with app.app_context():
        give_valid_session(helpless.id, session_data='{"secret": "sealed"}')
    told = calls(ada).get(PATH).get_data(as_text=True)
    assert "a text of Instagram" not in told
    assert "secret" not in told


def test_every_verdict_has_words_for_an_administrator():
    from web.panel import SENTENCES, SPOKEN

    for reason in SENTENCES.keys() | SPOKEN:
        for kind in (None, "follow"):
            assert 3 < len(words.short(reason, kind)) <= 60
    for cause in RESTING:
        told = words.short("COOL_DOWN", "follow", cause)
        assert 3 < len(told) <= 60
        assert told not in (words.short("COOL_DOWN", "follow"), words.short("COOL_DOWN", None))
    assert words.short("COOL_DOWN", "follow", "KIND_FAILING") == "Follows failed too often in a row"
    assert words.act("INSTAGRAM_PROXY_FAILED", "user") == "check or change the proxy"
    assert words.act("SESSION_INVALID", None) is None
