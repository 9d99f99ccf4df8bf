import re
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.automation import status
from bot.core.errors import registry
from bot.decision import decide, snapshot
from bot.decision.pushback import SESSION_ENDERS
from bot.storage.models import ActionTarget
from bot.storage.tenancy import tenant
from tests.bot.driving import message_action
from tests.web import situations
from web.needs import WORDS
from web.panel import SENTENCES, SPOKEN

CONNECTION, LIMITS, SCHEDULE = "/settings/connection", "/settings/limits", "/settings/schedule"

VERDICTS = [
    ("ACTING", situations.as_it_is, None, None),
    ("ACTING", situations.looking_up, None, None),
    ("ACTING", situations.answers_to_read, None, None),
    ("ACTING", situations.night_test_due, None, None),
    ("BETWEEN_STEPS", situations.pausing, None, None),
    ("STARTS_LATER", situations.starts_tomorrow, None, None),
    ("NEXT_STEP_LATER", situations.plan_that_waits(None), None, None),
    ("WAITING_FOR_FACT", situations.plan_that_waits("follows_back"), None, None),
    ("OUTSIDE_HOURS", situations.works(20, 21), None, None),
    ("COOL_DOWN", situations.resting, "Following people rests: Instagram has blocked", None),
    ("LOOKING_UP", situations.looking_up_later, None, None),
    ("LIMIT_REACHED", situations.used_up, None, None),
    ("LIMIT_REACHED", situations.used_up_by_own_limit, None, None),
    ("LIMIT_REACHED", situations.used_up_for_an_hour, None, None),
    ("LIMIT_ZERO", situations.own_limit(0), "The limit for following people is 0, by your own limit.", LIMITS),
    ("NO_WORK", situations.action(status="cancelled"), "No action is open", "/actions/new"),
    ("ALL_PAUSED", situations.paused, "Every open action is paused.", "/actions?status=paused"),
    ("BOT_STOPPED", situations.stopped, "The bot is stopped.", "/bot/start"),
    ("VAULT_REFUSED", situations.sealed_by_another_key, "A stored secret could not be decrypted.", None),
    ("KILL_SWITCH", situations.all_stopped, None, None),
    ("DATABASE_RESTORED", situations.held, None, None),
    ("INSTAGRAM_CLIENT_OUTDATED", situations.outdated, None, None),
    (
        "INSTAGRAM_ADDRESS_BLOCKED",
        situations.status(bot_running=False, stop_reason="INSTAGRAM_ADDRESS_BLOCKED"),
        "refuses the address or country",
        CONNECTION,
    ),
    ("CATCHING_UP", situations.catching_up_later, None, None),
    (
        "BLOCKED_AGAIN",
        situations.status(bot_running=False, stop_reason="BLOCKED_AGAIN"),
        "twice within a week",
        "/bot/start",
    ),
    ("NO_WORKING_HOURS", situations.works(None), "The working hours leave no time", SCHEDULE),
    ("NOT_LINKED", situations.unlinked, "No Instagram account is connected.", CONNECTION),
    ("CODE_NEEDED", situations.waiting_for("challenge"), "Instagram needs a code", CONNECTION),
    ("INSTAGRAM_CONFIRM_IN_APP", situations.waiting_for("app"), "in its own app", CONNECTION),
    (
        "SESSION_INVALID",
        situations.status(session_valid=False),
        "Your Instagram session is not valid",
        CONNECTION,
    ),
    *(
        (name, situations.ended_by(name), text, CONNECTION)
        for name, text in {
            "INSTAGRAM_LOGGED_OUT": "Instagram has ended the session.",
            "INSTAGRAM_CHALLENGE": "that it is really you",
            "INSTAGRAM_CONSENT": "agree to something first",
            "INSTAGRAM_SUSPENDED": "has suspended this account",
        }.items()
    ),
]
"""What the strip says of each reason and where its button leads. Without a strip the panel or the banner says it."""
CALM = {"NO_WORK", "ALL_PAUSED", "BOT_STOPPED"}


@pytest.mark.parametrize(
    ("reason", "situation", "sentence", "button"),
    VERDICTS,
    ids=[f"{row[0]}-{number}" for number, row in enumerate(VERDICTS)],
)
def test_it_says_what_waits_for_the_user(app, browse, clock, running, placed, reason, situation, sentence, button):
    with app.app_context():
        situations.live_in_kolkata(running.id, clock.moment)
        situation(running.id, clock.moment)
        assert status.bot_report(running.id).verdict.reason == reason
    page = browse(running).page("/")
    assert SENTENCES.get(reason, "") in page.text
    assert page.has("needs-you") == (sentence is not None)
    if sentence is None:
        return
    entry = registry()[reason]
    strip = page.element("needs-you")
    assert (strip["data-verdict"], sentence in page.text) == (reason, True)
    assert ("bad" in strip["class"].split()) == (entry.who == "user" and reason not in CALM)
    if button == "/bot/start":
        assert page.forms["form-home-start"].action == button
    elif button:
        assert button in page.links
    if entry.who == "admin":
        assert "Your admin has to act." in page.text
    elif entry.who == "user" and reason not in CALM:
        assert entry.remedy in page.text
        assert f"/help/errors/{entry.code}" in page.links


@pytest.mark.parametrize(
    ("name", "tone", "turn"),
    [
        ("INSTAGRAM_TIMEOUT", "plain", "No action needed. Resumes"),
        ("INSTAGRAM_SERVER_ERROR", "plain", "No action needed. Resumes"),
        ("INSTAGRAM_PROXY_FAILED", "bad", registry()["INSTAGRAM_PROXY_FAILED"].remedy),
        ("PROXY_NOT_FOUND", "bad", registry()["PROXY_NOT_FOUND"].remedy),
        ("INSTAGRAM_UNREACHABLE", "plain", "Your admin has to act."),
        ("INTERNAL", "plain", "Your admin has to act."),
    ],
)
def test_what_the_last_try_failed_with_is_told_while_the_next_is_awaited(
    app, browse, clock, running, placed, name, tone, turn
):
    with app.app_context():
        situations.trying_again(name)(running.id, clock.moment)
    page = browse(running).page("/")
    assert page.element("needs-you")["class"].split() == ["call", tone]
    assert registry()[name].description in page.text
    assert turn in page.text


def test_every_reason_that_a_bot_can_have_is_tried_here():
    sources = [Path(module.__file__) for module in (decide, snapshot, status)]
    named = {name for path in sources for name in re.findall(r'"([A-Z_]{6,})"', path.read_text())}
    others = {"ACTING", "BLOCKED_AGAIN", "DATABASE_RESTORED", "KILL_SWITCH"}
    others |= {"INSTAGRAM_CLIENT_OUTDATED", "INSTAGRAM_ADDRESS_BLOCKED"}
    reasons = (named & set(registry())) | SESSION_ENDERS | others
    # Who is disabled sees no page.
    assert {row[0] for row in VERDICTS} == reasons == (set(SENTENCES) | SPOKEN) - {"USER_DISABLED"}


def test_a_bot_stopped_for_good_reason_is_turned_on_from_here(app, browse, clock, placed, running):
    with app.app_context():
        situations.status(bot_running=False, stop_reason="BLOCKED_AGAIN")(running.id, clock.moment)
    assert "Your bot is on." in browse(running).sent("/", "form-home-start").text


def test_messages_that_need_a_decision_are_told_with_the_way_there(app, browse, running):
    with app.app_context():
        action_id = message_action(running, "ann", "ben", "cid")
        with tenant(running.id) as session:
            session.execute(update(ActionTarget).where(ActionTarget.person != "cid").values(status="unknown"))
            session.commit()
    page = browse(running).page("/")
    assert "2 messages need your decision. They may or may not have arrived." in page.text
    assert f"/actions/{action_id}" in page.links


def test_each_reason_with_a_page_to_act_on_has_a_button_there_and_no_other_has_one(browse, alice):
    pages = {name: entry.page for name, entry in registry().items() if entry.page}
    assert pages.keys() == WORDS.keys()
    browser = browse(alice)
    for page in set(pages.values()):
        browser.page(page)
