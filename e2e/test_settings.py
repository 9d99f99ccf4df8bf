"""What a user sets holds for the bot, and the page that shows the effect leads back to the setting."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from e2e import population
from e2e.bots import Owner
from e2e.conftest import Visit
from e2e.installation import SQLITE, Installations
from e2e.visitor import ACTION_PATIENCE, Visitor

pytestmark = pytest.mark.xdist_group("e2e-messages")

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@pytest.fixture
def owner(installations: Installations) -> Owner:
    return Owner.of_new_bot(installations.standing(SQLITE), "sam")


@pytest.fixture
def sam(owner: Owner, visit: Visit) -> Visitor:
    return owner.comes(visit(owner.installation), "/settings")


def tomorrow() -> datetime:
    return datetime.now(UTC).replace(hour=9, minute=0) + timedelta(days=1)


def test_outside_the_hours_the_overview_names_the_rule_and_leads_to_it(owner: Owner, sam: Visitor) -> None:
    sam.page.get_by_label("Time zone").select_option("UTC")
    works = DAYS[(datetime.now(UTC).weekday() + 3) % len(DAYS)]
    for day in DAYS:
        sam.fill(f"{day}, from", "10:00" if day == works else "")
        sam.fill(f"{day}, to", "12:30" if day == works else "")
    sam.press("Save schedule")
    sam.is_told("Schedule saved.")
    action_id = owner.api.place("tea", 2)
    sam.open("/")
    now = sam.region("Open actions")
    expect(now).to_contain_text("Outside your hours")
    expect(now).to_contain_text("10:00")
    assert owner.api.action(action_id)["done"] == 0
    now.get_by_role("link", name="Change", exact=True).first.click()
    sam.is_at("/settings/schedule")
    sam.page.get_by_role("radio", name="Every day 9").check()
    sam.press("Save schedule")
    sam.is_told("Schedule saved.")
    expect(sam.page.get_by_label("Sunday, from")).to_have_value("09:00")
    sam.press("Undo")
    sam.is_told("Undone. The earlier values are back.")
    expect(sam.page.get_by_label(f"{works}, to")).to_have_value("12:30")


def test_a_limit_of_ones_own_holds_and_the_overview_leads_to_it(owner: Owner, sam: Visitor) -> None:
    sam.open("/settings/limits")
    sam.fill("Follows, your limit a day", "1")
    sam.press("Save limits and pace")
    sam.is_told("Limits and pace saved.")
    sam.sees(sam.page.get_by_text("0 of 1 today, by your own limit"))
    action_id = owner.api.place("tea", 3)
    sam.open("/")
    now = sam.region("Open actions")
    expect(now).to_contain_text("Limit reached", timeout=ACTION_PATIENCE)
    assert owner.api.action(action_id)["done"] == len(owner.arrived("follow")) == 1
    now.get_by_role("link", name="Change", exact=True).first.click()
    sam.is_at("/settings/limits")
    with sam.refused(422):
        sam.fill("Follows, your limit a day", "5000")
        sam.press("Save limits and pace")
        sam.sees(sam.page.get_by_role("alert"))
    sam.page.set_viewport_size({"width": 390, "height": 844})
    sam.open("/settings/data")
    expect(sam.page.get_by_role("navigation", name="Settings").locator("[aria-current]")).to_be_in_viewport()


def test_filters_and_the_list_of_people_to_be_left_alone_hold_for_every_action(owner: Owner, sam: Visitor) -> None:
    alone, other = (person.username for person in population.people(population.shows_story, 2))
    small = population.people(lambda person: population.shows_story(person) and person.followers < 50, 1)[0].username
    sam.open("/settings/filters")
    sam.fill("Followers, at least", "50")
    sam.press("Save filters")
    sam.is_told("Filters saved.")
    sam.open("/settings/lists/do-not-contact")
    sam.fill("Instagram username", f"@{alone}")
    sam.fill("Note (optional)", "asked me in person")
    sam.press("Add")
    sam.is_told(f"@{alone} is not contacted from now on.")
    listed = sam.region("Do not contact").get_by_role("listitem").filter(has_text=f"@{alone}")
    expect(listed).to_contain_text("asked me in person")

    sam.open("/actions/new?what=view-stories")
    sam.sees(sam.page.get_by_text("skips fewer than 50 followers"))
    sam.tick("People you name")
    sam.fill("Usernames", f"{alone}, {small}, {other}")
    sam.preview_matches()
    found = sam.matches()
    assert (found[f"@{alone}"], found[f"@{small}"]) == ("Is on the do-not-contact list", "Has too few followers")

    sam.open("/settings/lists/do-not-contact")
    sam.link(f"Remove: @{alone}").click()
    sam.sees(sam.heading(f"Take @{alone} off the list?"))
    sam.press("Take off the list")
    sam.is_told(f"@{alone} may be contacted again.")
    expect(listed).to_have_count(0)


def test_an_action_is_planned_changed_paused_resumed_and_cancelled(owner: Owner, sam: Visitor) -> None:
    sam.open("/actions/new")
    sam.fill_action("tea", 2)
    sam.unfold("Repeat")
    sam.fill("Start", f"{tomorrow():%Y-%m-%dT%H:%M}")
    sam.fill("Every how many days", "2")
    sam.fill("At", "18:30")
    title = "Follow 2 people from #tea"
    sam.start_action(title)
    sam.open("/actions")
    action = sam.action(title)
    expect(action).to_contain_text("Starts")
    expect(action).to_contain_text("repeats every 2 days at 18:30")
    sam.link(title).click()
    change_the_plan(sam, title)
    pause_and_cancel(sam, title)
    assert owner.arrived("follow") == []
    assert owner.api.action(owner.newest_action())["status"] == "cancelled"


def change_the_plan(visitor: Visitor, title: str) -> None:
    plan = visitor.region("Setup")
    expect(plan).to_contain_text("Every 2 days at 18:30")
    visitor.unfold("Edit schedule")
    visitor.fill("Start at", f"{tomorrow() + timedelta(days=1):%Y-%m-%dT10:15}")
    visitor.fill("Repeat every (days)", "7")
    visitor.fill("Repeat at", "")
    visitor.press("Save schedule")
    visitor.is_told(f"Schedule changed: {title}.")
    expect(plan).to_contain_text("10:15")
    expect(plan).to_contain_text("Every 7 days")
    visitor.press("Stop repeating")
    expect(plan).not_to_contain_text("Every 7 days")
    expect(plan).to_contain_text("10:15")


def pause_and_cancel(visitor: Visitor, title: str) -> None:
    visitor.press("Pause")
    visitor.is_told(f"Paused: {title}.")
    visitor.press("Resume")
    visitor.is_told(f"Resumed: {title}.")
    visitor.link("Cancel").click()
    visitor.sees(visitor.heading("Cancel this action?"))
    visitor.link("Keep it").click()
    visitor.open("/actions")
    expect(visitor.action(title)).to_contain_text("Starts")
    visitor.link(title).click()
    visitor.link("Cancel").click()
    visitor.press("Cancel action")
    visitor.is_told(f"Canceled: {title}.")
    expect(visitor.page.locator("#action .sub")).to_contain_text("Canceled")
