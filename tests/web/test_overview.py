import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.actions.placing import FollowHashtag, LikeHashtag, Unfollow, ViewStories, accept, follow_hashtag
from bot.automation import status
from bot.core.errors import BotException, registry
from bot.decision import decide, snapshot
from bot.decision.limit_rules import DEFAULTS
from bot.decision.pushback import SESSION_ENDERS, apply
from bot.history.activity import record
from bot.storage.models import Activity, BotSettings
from bot.storage.tenancy import tenant
from tests.web import situations
from tests.web.browser import holds
from web import labels, status_text

VERDICTS = [
    ("ACTING", situations.as_it_is, "Your bot is following people. The next step is due now.", None),
    ("ACTING", situations.looking_up, "Your bot is in the middle of following people.", None),
    ("ACTING", situations.answers_to_read, "Your bot is reading what people answered.", None),
    ("ACTING", situations.night_test_due, "Your bot is testing its session at Instagram.", None),
    ("BETWEEN_STEPS", situations.pausing, "pauses between two steps. The next step is at 17:30:45", "/settings#limits"),
    (
        "STARTS_LATER",
        situations.starts_tomorrow,
        "starts later. The next step is at Mar 11, 17:30",
        "/automation#actions",
    ),
    ("OUTSIDE_HOURS", situations.works(20, 21), "outside the working hours", "/settings#hours"),
    ("COOL_DOWN", situations.resting, "Following people rests: Instagram has blocked", None),
    (
        "LOOKING_UP",
        situations.looking_up_later,
        "Everything is done except for results that have to be checked again.",
        None,
    ),
    ("LIMIT_REACHED", situations.used_up, "The limit of 10 a day for following people is reached", "/settings#limits"),
    ("LIMIT_REACHED", situations.used_up_by_own_limit, "is reached, by your own limit.", "/settings#limits"),
    (
        "LIMIT_REACHED",
        situations.used_up_for_an_hour,
        "The limit of 2 an hour for following people",
        "/settings#limits",
    ),
    (
        "LIMIT_ZERO",
        situations.own_limit(0),
        "The limit for following people is 0, by your own limit.",
        "/settings#limits",
    ),
    (
        "NO_WORK",
        situations.action(status="cancelled"),
        "No action is open, so your bot waits for one.",
        "/automation#new-action",
    ),
    ("ALL_PAUSED", situations.paused, "Every open action is paused.", "/automation#actions"),
    ("BOT_STOPPED", situations.stopped, "The bot is stopped.", None),
    (
        "VAULT_REFUSED",
        situations.sealed_by_another_key,
        "A stored secret could not be decrypted.",
        "/automation#account",
    ),
    ("KILL_SWITCH", situations.all_stopped, "Your admin has stopped every bot for now", None),
    ("DATABASE_RESTORED", situations.held, "the database was restored", None),
    ("INSTAGRAM_CLIENT_OUTDATED", situations.outdated, "no longer accepts the app version", None),
    (
        "INSTAGRAM_ADDRESS_BLOCKED",
        situations.status(bot_running=False, stop_reason="INSTAGRAM_ADDRESS_BLOCKED"),
        "refuses the address or country",
        None,
    ),
    ("CATCHING_UP", situations.catching_up_later, "reads messages that the restored database does not know", None),
    ("BLOCKED_AGAIN", situations.status(bot_running=False, stop_reason="BLOCKED_AGAIN"), "twice within a week", None),
    ("NO_WORKING_HOURS", situations.works(None), "The working hours leave no time", "/settings#hours"),
    ("NOT_LINKED", situations.unlinked, "No Instagram account is linked.", "/automation"),
    ("CODE_NEEDED", situations.waiting_for("challenge"), "Instagram needs a code", "/automation"),
    ("INSTAGRAM_CONFIRM_IN_APP", situations.waiting_for("app"), "in its own app", "/automation"),
    ("SESSION_INVALID", situations.status(session_valid=False), "Your Instagram session is not valid", "/automation"),
    (
        "INSTAGRAM_LOGGED_OUT",
        situations.ended_by("INSTAGRAM_LOGGED_OUT"),
        "Instagram has ended the session.",
        "/automation",
    ),
    ("INSTAGRAM_CHALLENGE", situations.ended_by("INSTAGRAM_CHALLENGE"), "that it is really you", "/automation"),
    ("INSTAGRAM_CONSENT", situations.ended_by("INSTAGRAM_CONSENT"), "agree to something first", "/automation"),
    ("INSTAGRAM_SUSPENDED", situations.ended_by("INSTAGRAM_SUSPENDED"), "has suspended this account", "/automation"),
]


@pytest.mark.parametrize(
    ("reason", "situation", "sentence", "link"),
    VERDICTS,
    ids=[f"{row[0]}-{number}" for number, row in enumerate(VERDICTS)],
)
def test_it_says_what_the_bot_does_or_why_not(app, browse, clock, running, placed, reason, situation, sentence, link):
    with app.app_context():
        situations.live_in_kolkata(running.id, clock.moment)
        situation(running.id, clock.moment)
    page = browse(running).page("/")
    (hero,) = (attributes for _, attributes in page.elements if "data-verdict" in attributes)
    badge, tone = status_text.BADGES[reason]
    assert hero["data-verdict"] == reason
    assert tone in hero["class"].split()
    assert f"Right now {badge} " in page.text
    assert sentence in page.text.replace(" .", ".")
    if link:
        assert link in page.links
    if reason not in ("ACTING", "BETWEEN_STEPS"):
        assert f"/help/errors/{registry()[reason].code}" in page.links or reason == "COOL_DOWN"
        assert registry()[reason].remedy in page.text


@pytest.mark.parametrize(
    ("name", "badge", "turn"),
    [
        ("INSTAGRAM_TIMEOUT", "Trying again", None),
        ("INSTAGRAM_SERVER_ERROR", "Trying again", None),
        ("INSTAGRAM_PROXY_FAILED", "Needs help", "Your turn."),
        ("PROXY_NOT_FOUND", "Needs help", "Your turn."),
        ("INSTAGRAM_UNREACHABLE", "Needs help", "Your administrator has to act."),
        ("INTERNAL", "Needs help", "Your administrator has to act."),
    ],
)
@pytest.mark.parametrize("path", ["/"])
def test_what_the_last_try_failed_with_is_told_while_the_next_is_awaited(
    app, browse, clock, running, placed, path, name, badge, turn
):
    with app.app_context():
        situations.trying_again(name)(running.id, clock.moment)
    page = browse(running).page(path)
    assert badge in page.text
    assert registry()[name].description in page.text
    assert registry()[name].remedy.replace(" on the Automation page", "") in page.text
    assert "pauses between two steps" not in page.text
    if path == "/" and turn:
        assert turn in page.text


def test_every_reason_that_a_bot_can_have_is_tried_here():
    sources = [Path(module.__file__) for module in (decide, snapshot, status)]
    named = {name for path in sources for name in re.findall(r'"([A-Z_]{6,})"', path.read_text())}
    others = {"ACTING", "BLOCKED_AGAIN", "DATABASE_RESTORED", "KILL_SWITCH"}
    others |= {"INSTAGRAM_CLIENT_OUTDATED", "INSTAGRAM_ADDRESS_BLOCKED"}
    reasons = (named & set(registry())) | SESSION_ENDERS | others
    # Who is disabled sees no page.
    assert {row[0] for row in VERDICTS} == reasons == set(status_text.BADGES) - {"USER_DISABLED"}


@pytest.mark.parametrize(
    ("situation", "until"),
    [
        (situations.works(20, 21), "The next step is at 20:00"),
        (situations.resting, "The next step is at Mar 11, 17:30"),
        (situations.looking_up_later, "The next step is at 17:40"),
        (situations.used_up, "The next step is at Mar 11, 0:00"),
        (situations.used_up_for_an_hour, "The next step is at 18:10"),
    ],
)
def test_a_wait_says_when_it_ends_in_the_users_time(app, browse, clock, running, placed, situation, until):
    with app.app_context():
        situations.live_in_kolkata(running.id, clock.moment)
        situation(running.id, clock.moment)
    assert until in browse(running).page("/").text


def test_a_wait_that_another_one_follows_tells_both_times(app, browse, clock, running, placed):
    with app.app_context():
        situations.live_in_kolkata(running.id, clock.moment)
        situations.used_up(running.id, clock.moment)
        situations.works(9, 21)(running.id, clock.moment)
    page = browse(running).page("/")
    assert "The next step is at Mar 11, 9:00" in page.text
    assert "This lasts until Mar 11, 0:00" in page.text


def test_a_halt_says_who_has_to_act(app, browse, linked):
    assert "Your turn." in browse(linked).page("/").text


def test_a_bot_stopped_for_good_reason_is_started_from_here(app, browse, clock, running):
    with app.app_context():
        situations.status(bot_running=False, stop_reason="BLOCKED_AGAIN")(running.id, clock.moment)
    assert "Your bot is on." in browse(running).sent("/", "form-overview-start").text


ACTIONS = {
    "follow-hashtag": (FollowHashtag(hashtag="coffee", amount=1), "following people"),
    "like-hashtag": (LikeHashtag(hashtag="coffee", amount=1), "liking posts"),
    "view-stories": (ViewStories(amount=1), "watching stories"),
    "unfollow": (Unfollow(amount=1), "unfollowing people"),
}


@pytest.mark.parametrize("kind", ACTIONS)
def test_it_says_what_the_bot_is_doing(app, browse, running, kind):
    params, doing = ACTIONS[kind]
    with app.app_context():
        accept(running.id, kind, params, 1, None)
    assert f"Your bot is {doing}." in browse(running).page("/").text


def test_a_new_user_is_told_the_first_steps(browse, alice):
    page = browse(alice).page("/")
    assert all(
        step in page.text
        for step in ("Connect your Instagram account", "Choose a pace and turn on", "Create your first action")
    )


def test_every_kind_has_a_bar_and_the_rule_that_binds(app, browse, clock, placed, running):
    with app.app_context():
        situations.used_up(running.id, clock.moment)
    page = browse(running).page("/")
    for kind, default in DEFAULTS.items():
        _, many = labels.KINDS[kind]
        used = "10" if kind == "follow" else "0"
        bar = {"aria-label": f"{many.capitalize()} today", "value": used, "max": str(default.first_week)}
        assert ("progress", bar) in page.elements
    assert "Follows 10 of 10 Bound by the warm-up of a newly linked account" in page.text
    assert page.text.count("Bound by") == len(DEFAULTS)


def test_an_hour_that_is_full_binds(app, browse, clock, placed, running):
    with app.app_context():
        situations.used_up_for_an_hour(running.id, clock.moment)
    assert "Bound by the limit of an hour · 2 of 2 in the last hour" in browse(running).page("/").text


def test_the_chart_tells_days_kinds_and_results(app, browse, clock, placed, running):
    with app.app_context():
        situations.live_in_kolkata(running.id, clock.moment)
        situations.used_up(running.id, clock.moment - timedelta(days=1))
        situations.unknown(running.id, clock.moment)
    page = browse(running).page("/")
    parts = [attributes["class"] for tag, attributes in page.elements if tag == "rect" and "x" in attributes]
    assert parts == ["part-follow", "part-problem"]
    assert "Mar 9: 10 steps" in page.text
    assert "Mar 10 0 0 0 0 0 0 1 0 Mar 9 10 0 0 0 0 0 0 0" in page.text
    assert "Feb 25 0" in page.text
    assert "Feb 24 0" not in page.text


def test_actions_that_go_on_stand_before_those_that_wait_or_ended(app, browse, clock, placed, running):
    with app.app_context():
        for number in range(3):
            clock.advance(minutes=1)
            later = FollowHashtag(hashtag=f"later{number}", amount=1, start_at=clock.moment + timedelta(days=1))
            follow_hashtag(running.id, later)
    text = browse(running).page("/").text
    assert text.index("#coffee") < text.index("#later2") < text.index("#later1")
    assert "#later0" not in text


def test_it_looks_again_only_while_something_changes(browse, running, placed):
    browser = browse(running)
    assert browser.page("/").element("overview")["hx-trigger"] == "every 2s"
    browser.sent("/automation", "bot-switch")
    assert "hx-trigger" not in browser.page("/").element("overview")


def test_what_it_fetches_is_what_the_page_holds(browse, placed, running):
    browser = browse(running)
    assert holds(browser.get("/"), browser.get("/overview/now"))


def test_problems_come_with_what_to_do(app, browse, placed, running):
    error = BotException("INSTAGRAM_LOGGED_OUT")
    with app.app_context(), tenant(running.id) as session:
        record(session, "follow", "failed", target="somebody", error=error)
        apply(session, error, "follow")
        session.commit()
    page = browse(running).page("/")
    assert f"What to do {error.code}" in page.text
    assert "@somebody" in page.text
    assert "Needs you" in page.text
    assert error.remedy in page.text
    assert "On hold" in page.text


def test_problems_of_one_code_are_one_line_and_old_ones_are_left_out(app, browse, linked, clock):
    def fail(name, times, days_ago=0):
        with app.app_context(), tenant(linked.id) as session:
            for _ in range(times):
                clock.advance(minutes=1)
                record(session, "follow", "failed", target="somebody", error=BotException(name))
            session.execute(
                update(Activity)
                .where(Activity.error_code == BotException(name).code)
                .values(at=clock.moment - timedelta(days=days_ago))
            )
            session.commit()

    fail("INSTAGRAM_UNREADABLE", 1, days_ago=8)
    fail("INSTAGRAM_TIMEOUT", 3)
    fail("INSTAGRAM_REFUSED", 1)
    page = browse(linked).page("/")
    assert "Follow 3 times, last 12:04" in page.text
    assert "Follow @somebody" in page.text
    assert page.links.index("/help/errors/E-BOT-E-0005") < page.links.index("/help/errors/E-NET-W-0001")
    assert page.links.count("/help/errors/E-NET-W-0001") == 1
    assert BotException("INSTAGRAM_UNREADABLE").message not in page.text


@pytest.mark.parametrize(("zone", "noon"), [("UTC", "12:00"), ("Asia/Kolkata", "17:30")])
def test_times_are_those_of_the_users_zone(app, browse, linked, zone, noon):
    with app.app_context(), tenant(linked.id) as session:
        session.execute(update(BotSettings).values(timezone=zone))
        session.commit()
    page = browse(linked).page("/")
    assert f"Last tested {noon}" in page.text
    assert f"Times in {zone}" in page.text
    assert ("time", {"datetime": "2026-03-10T12:00:00+00:00"}) in page.elements
