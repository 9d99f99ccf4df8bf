"""Every page in every state: nothing that axe finds, nothing too wide for a phone, no complaint of the browser."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from e2e import population
from e2e.bots import Owner, results_of_all
from e2e.installation import SQLITE, Installation, Installations
from e2e.visitor import ACTION_PATIENCE, FIRST_RUN, HOME, Visitor
from e2e.walkthrough import Walkthrough

pytestmark = pytest.mark.xdist_group("e2e-pages")

# As long as a hashtag may be.
LONG_WORD = "espresso" * 8
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@pytest.fixture(scope="module")
def owner(installations: Installations) -> Owner:
    return Owner.of_new_bot(installations.standing(SQLITE), "petra")


def test_the_pages_for_everybody(walkthrough: Walkthrough) -> None:
    guest = walkthrough.visitor
    walkthrough.see("/login", "/forgot-password?sent=1", "/register?sent=1")
    walkthrough.see_refusal("/reset-password/none", 410)
    walkthrough.see_refusal("/verify-email/none", 410)
    walkthrough.see("/help?q=proxy", "/help/instagram-signed-the-bot-out", "/api/docs")
    walkthrough.see_all("guest")
    walkthrough.see_refusal("/nowhere", 404)
    walkthrough.see_refusal("/help/errors/E-AUTH-E-9999", 404)
    guest.open("/login")
    guest.fill("Username", "nobody")
    guest.fill("Password", "of no use")
    with guest.refused(401):
        guest.press("Sign in")
        guest.sees(guest.page.get_by_role("alert"))
    walkthrough.stop()


def test_the_page_of_a_first_password(installation: Installation, walkthrough: Walkthrough) -> None:
    newcomer, guest = installation.newcomer(), walkthrough.visitor
    guest.sign_in(newcomer)
    guest.sees(guest.heading("Choose your password"))
    walkthrough.stop()
    guest.fill("Current password", newcomer.password)
    guest.fill("New password", "this is a new one")
    guest.fill("Repeat password", "this is another one")
    with guest.refused(422):
        guest.press("Change password")
        guest.sees(guest.page.get_by_role("alert"))
    walkthrough.stop()


def test_the_pages_of_an_administrator(installation: Installation, walkthrough: Walkthrough) -> None:
    admin = walkthrough.visitor
    admin.sign_in(installation.admin_login)
    admin.sees(admin.heading(FIRST_RUN))
    walkthrough.see("/admin/errors?days=30", "/admin/errors/E-AUTH-E-0018")
    refuse_the_limits_of_all(walkthrough)
    otto = installation.newcomer("otto")
    results_of_all(installation)
    walkthrough.see(f"/admin/people/{otto.id}", "/admin/people?search=nobody.has.this.name", "/admin/audit?who=nobody")
    walkthrough.see_all("admin")
    admin.open("/admin/people")
    taken = otto.username
    admin.fill("Username", f"{taken}-junior")
    admin.press("Add user")
    admin.sees(admin.region(f"{taken}-junior is added"))
    walkthrough.stop()
    admin.fill("Username", taken)
    with admin.refused(409):
        admin.press("Add user")
        admin.sees(admin.page.get_by_role("alert"))
    walkthrough.stop()


def refuse_the_limits_of_all(walkthrough: Walkthrough) -> None:
    admin = walkthrough.visitor
    admin.open("/admin/limits")
    admin.fill("Messages, default a day", "many")
    with admin.refused(422):
        admin.press("Save limits")
        admin.sees(admin.page.get_by_role("alert"))
    walkthrough.stop()
    admin.open("/admin/limits/never-contacted")
    admin.fill("Instagram username", "leave.me.alone")
    admin.press("Add to the list")
    admin.is_told("@leave.me.alone is contacted by no bot from now on.")
    walkthrough.stop()
    walkthrough.see("/admin/limits/never-contacted/leave.me.alone/remove")


def test_the_pages_without_an_account(installation: Installation, walkthrough: Walkthrough) -> None:
    login, user = installation.member(), walkthrough.visitor
    user.sign_in(login)
    user.sees(user.heading(FIRST_RUN))
    walkthrough.see("/actions/new?what=send-messages")
    walkthrough.see_all("user")
    user.page.get_by_text(login.username, exact=True).click()
    walkthrough.stop()
    walkthrough.see_refusal("/admin/people", 403)
    user.open("/settings/connection")
    user.fill("Instagram username", installation.plain_account()["username"])
    user.fill("Instagram password", "not this one")
    with user.refused(422):
        user.press("Connect account")
        user.sees(user.page.get_by_role("alert"))
    walkthrough.stop()


@pytest.mark.parametrize("behaviour", ["two_factor", "challenge_phone_only"])
def test_the_pages_while_instagram_wants_one_more_thing(
    installation: Installation, walkthrough: Walkthrough, behaviour: str
) -> None:
    account, user = installation.sandbox.account(behaviour), walkthrough.visitor
    user.sign_in(installation.member())
    user.open("/settings/connection")
    user.fill("Instagram username", account["username"])
    user.fill("Instagram password", account["password"])
    if behaviour == "two_factor":
        user.press("Connect account")
        user.fill("Code", "111111")
        walkthrough.stop()
        with user.refused(422):
            user.press("Confirm code")
            user.sees(user.page.get_by_role("alert"))
    else:
        with user.refused(409):
            user.press("Connect account")
            user.sees(user.page.get_by_role("alert"))
    walkthrough.stop()
    walkthrough.see("/", "/settings/connection")


def test_the_pages_of_a_bot_that_works(installation: Installation, walkthrough: Walkthrough) -> None:
    login, user = installation.member(), walkthrough.visitor
    api = installation.sign_in(login)
    api.link(installation.plain_account())
    user.sign_in(login)
    user.sees(user.heading(HOME))
    walkthrough.see("/", "/settings/connection", "/settings/connection/unlink")
    user.open("/settings/connection")
    user.start_bot()
    walkthrough.see("/", "/settings/connection")
    action_id = api.place("coffee", 3)
    walkthrough.see("/", "/settings/connection", f"/actions/{action_id}", f"/actions/{action_id}/cancel")
    api.post(f"/bot/actions/{api.place('tea', 1)}/pause")
    walkthrough.see("/actions")
    api.wait_for(action_id, status="succeeded")
    walkthrough.see(f"/actions/{action_id}", "/", "/actions", "/actions/log", "/actions/log?result=failed")
    walkthrough.see_refusal("/actions/log?since=yesterday", 422)


def test_the_forms_of_actions(owner: Owner, walkthrough: Walkthrough) -> None:
    user = owner.comes(walkthrough.visitor, "/actions/new")
    for name in ("Follow followers", "Like posts", "Watch stories", "Unfollow", "Follow by hashtag"):
        user.chooses(name)
        user.unfold("Repeat")
        if name != "Unfollow":
            user.tick("Only for this action")
        if name == "Watch stories":
            user.tick("People you name")
        walkthrough.stop()
    user.fill("People", "many")
    user.fill("Followers, at least", "5")
    user.fill("Followers, at most", "2")
    with user.refused(422):
        user.press("Start action")
        user.sees(user.page.get_by_role("alert"))
    walkthrough.stop()
    ask_nothing_but_by_the_button(owner, user)
    walkthrough.stop()


def test_the_form_of_a_plan_and_the_page_of_the_action(owner: Owner, walkthrough: Walkthrough) -> None:
    user = owner.comes(walkthrough.visitor, "/actions/new?what=plan")
    walkthrough.stop()
    open_every_part_of_a_plan(user)
    walkthrough.stop()
    user.fill("People", "many")
    with user.refused(422):
        user.press("Start action")
        user.sees(user.page.get_by_role("alert"))
    walkthrough.stop()
    user.open("/actions/new?what=plan")
    fill_a_plan(user)
    user.sees(user.region("Estimate").get_by_text("if they follow back within 7 days"))
    user.preview_matches()
    walkthrough.stop()
    user.press("Start action")
    user.is_told(re.compile("Action added: Follow, then like"))
    action_id = owner.newest_action()
    owner.api.wait_for(action_id, done=2)
    walkthrough.see(f"/actions/{action_id}", "/actions", f"/actions/new?from={action_id}")
    owner.api.post(f"/bot/actions/{action_id}/cancel")
    walkthrough.see(f"/actions/{action_id}")


def open_every_part_of_a_plan(user: Visitor) -> None:
    """Chooses every source, and rows that have all the fields of a row."""
    for box in user.page.locator("#compose-sources > .option > .check input[type=checkbox]").all():
        box.check()
    user.page.locator("[name=plan][value=custom]").check()
    rows = user.page.locator("#compose-plan .row")
    for number, step in enumerate(("follow", "message", "like", "unfollow")):
        rows.nth(number).locator("[name$='.do']").select_option(step)
        if number:
            rows.nth(number).locator("[name$='.if']").select_option("answered" if number > 1 else "follows_back")
    rows.nth(1).get_by_label("Message").fill("{Hi|Hello} {first_name|there}, " + LONG_WORD)


def fill_a_plan(user: Visitor) -> None:
    user.page.locator("#compose-source-hashtag-tags").fill(f"coffee\n{LONG_WORD}")
    user.fill("People", "2")


def ask_nothing_but_by_the_button(owner: Owner, user: Visitor) -> None:
    """Filling the form asks Instagram nothing, with the estimate shown. The button does."""

    def asked() -> int:
        return sum(owner.installation.sandbox.requests(owner.account).values())

    user.open("/actions/new")
    before = asked()
    user.fill_action("coffee", 50)
    user.sees(user.region("Estimate").get_by_text("Follow 50 people from #coffee"))
    assert asked() == before
    user.preview_matches()
    assert asked() > before
    user.fill("Hashtag", "tea")
    user.sees(user.page.get_by_text("These are from before your change."))


def test_the_page_of_an_action_that_is_planned(owner: Owner, walkthrough: Walkthrough) -> None:
    user = owner.comes(walkthrough.visitor, "/")
    plan = {"start_at": f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT09:00:00Z}", "repeat": {"every_days": 2}}
    progress = owner.api.post("/bot/actions/follow-hashtag", hashtag="tea", amount=2, **plan)
    walkthrough.see("/", f"/actions/{progress['action']['id']}/cancel")
    user.open(f"/actions/{progress['action']['id']}")
    user.unfold("Edit schedule")
    walkthrough.stop()


def test_the_pages_of_messages(owner: Owner, walkthrough: Walkthrough) -> None:
    user = owner.comes(walkthrough.visitor, "/actions/new?what=send-messages")
    user.unfold("Names and variants")
    walkthrough.stop()
    ann, ben = (person.username for person in population.people(population.public, 2))
    user.fill("People", f"{ann}\n{ben}\n{ann}\nnot a name!")
    user.fill("Message", "{Hi|Hello} {first_nam}")
    with user.refused(422):
        user.press("Preview messages")
        user.sees(user.page.get_by_role("alert"))
    walkthrough.stop()
    user.fill("Message", "{Hi|Hello} {first_name|there}, {username}")
    user.press("Preview messages")
    user.sees(user.region("2 get it, 1 won’t"))
    walkthrough.stop()
    owner.installation.sandbox.fault(owner.account, "message", "cut", 1)
    owner.installation.sandbox.fault(owner.account, "thread", "stale", 2)
    user.start_action("Send a message to 2 people")
    expect(user.page.locator("#now")).to_contain_text("may or may not", timeout=ACTION_PATIENCE)
    user.link("Decide").click()
    walkthrough.stop()
    user.region("People").get_by_role("link", name=re.compile("^Send again")).click()
    user.sees(user.heading(re.compile("^Send it to")))
    walkthrough.stop()
    user.open("/actions/new?what=send-messages")
    user.fill("People", "vip,anna_k,Anna Kim\nvip,ben_l,Ben Lee")
    with user.refused(422):
        user.press("Check the list")
        user.sees(user.heading("Which of these are usernames?"))
    walkthrough.stop()
    walkthrough.see("/settings/lists/do-not-contact")


def test_the_pages_of_settings(owner: Owner, walkthrough: Walkthrough) -> None:
    user = owner.comes(walkthrough.visitor, "/settings/limits")
    user.fill("Follows, your limit a day", "many")
    with user.refused(422):
        user.press("Save limits and pace")
        user.sees(user.page.get_by_role("alert"))
    walkthrough.stop()
    user.open("/settings/schedule")
    user.press("Save schedule")
    user.is_told("Schedule saved.")
    walkthrough.stop()
    user.open("/settings/lists/do-not-contact")
    user.fill("Instagram username", "leave.me.alone")
    user.press("Add")
    user.is_told("@leave.me.alone is not contacted from now on.")
    walkthrough.stop()
    walkthrough.see("/settings/lists/do-not-contact/leave.me.alone/remove")


def test_the_home_of_a_bot_that_waits_or_is_halted(installation: Installation, walkthrough: Walkthrough) -> None:
    owner = Owner.of_new_bot(installation, "vera")
    user = owner.comes(walkthrough.visitor, "/")
    api, me = owner.api, owner.login.id
    action_id = api.post("/bot/actions/like-hashtag", hashtag="coffee", amount=9)["action"]["id"]
    api.put(f"/users/{me}/limits", limits={"like": {"per_day": 1}})
    see_verdict(walkthrough, "Limit reached")
    api.put(f"/users/{me}/limits", limits={"like": {"per_day": 0}})
    see_verdict(walkthrough, "A limit is 0")
    api.put(f"/users/{me}/limits", limits={"like": {"per_day": 9}})
    api.put("/bot/settings", timezone="UTC", week=in_three_days())
    see_verdict(walkthrough, "Outside your hours")
    api.post(f"/bot/actions/{action_id}/pause")
    see_verdict(walkthrough, "All actions are paused")
    api.put("/bot/settings", timezone="UTC", week=whole_days())
    installation.sandbox.fault(owner.account, "like", "feedback_required", 1)
    api.post(f"/bot/actions/{action_id}/resume")
    see_verdict(walkthrough, "Paused after a push-back")
    api.post("/bot/stop")
    see_verdict(walkthrough, "Your bot is off")
    user.open("/settings/connection")
    walkthrough.stop()


def see_verdict(walkthrough: Walkthrough, word: str) -> None:
    walkthrough.visitor.open("/")
    expect(walkthrough.visitor.region("Bot")).to_contain_text(word, timeout=ACTION_PATIENCE)
    walkthrough.stop()


def whole_days() -> dict[str, Any]:
    return {day: {"start": "00:00", "end": "24:00"} for day in WEEK}


def in_three_days() -> dict[str, Any]:
    works = WEEK[(datetime.now(UTC).weekday() + 3) % len(WEEK)]
    return {day: {"start": "10:00", "end": "12:00"} if day == works else None for day in WEEK}


def test_the_pages_of_a_bot_that_needs_its_user(installation: Installation, walkthrough: Walkthrough) -> None:
    login, account, user = installation.member(), installation.plain_account(), walkthrough.visitor
    api = installation.sign_in(login)
    api.link(account)
    api.post("/bot/start")
    action_id = api.place("coffee", 2)
    installation.sandbox.end_sessions(account["username"])
    user.sign_in(login)
    expect(user.region("Needs you")).to_contain_text("Instagram has ended the session.", timeout=ACTION_PATIENCE)
    walkthrough.see("/", "/settings/connection", "/actions", "/actions/log", f"/actions/{action_id}")
