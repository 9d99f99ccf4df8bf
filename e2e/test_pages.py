"""Every page in every state: nothing that axe finds, nothing too wide for a phone, no complaint of the browser."""

import pytest
from playwright.sync_api import expect

from e2e.house import House
from e2e.tour import Tour
from e2e.visitor import ORDER_PATIENCE

pytestmark = pytest.mark.xdist_group("e2e-pages")


def test_the_pages_for_everybody(tour: Tour) -> None:
    guest = tour.visitor
    tour.see("/login", "/help/errors", "/help/errors/E-AUTH-E-0018", "/api/docs")
    tour.see_refusal("/nowhere", 404)
    tour.see_refusal("/help/errors/E-AUTH-E-9999", 404)
    guest.open("/login")
    guest.fill("Username", "nobody")
    guest.fill("Password", "of no use")
    with guest.refused(401):
        guest.press("Sign in")
        guest.sees(guest.page.get_by_role("alert"))
    tour.stop()


def test_the_page_of_a_first_password(house: House, tour: Tour) -> None:
    newcomer, guest = house.newcomer(), tour.visitor
    guest.sign_in(newcomer)
    guest.sees(guest.heading("Choose your password"))
    tour.stop()
    guest.fill("Current password", newcomer.password)
    guest.fill("New password", "this is a new one")
    guest.fill("Repeat password", "this is another one")
    with guest.refused(422):
        guest.press("Change password")
        guest.sees(guest.page.get_by_role("alert"))
    tour.stop()


def test_the_pages_of_an_administrator(house: House, tour: Tour) -> None:
    admin = tour.visitor
    admin.sign_in(house.admin_login)
    admin.sees(admin.heading("Overview"))
    tour.see("/admin/users")
    taken = house.newcomer("otto").username
    admin.fill("Username", f"{taken}-junior")
    admin.press("Create user")
    admin.sees(admin.region(f"{taken}-junior is created"))
    tour.stop()
    admin.fill("Username", taken)
    with admin.refused(409):
        admin.press("Create user")
        admin.sees(admin.page.get_by_role("alert"))
    tour.stop()


def test_the_pages_without_an_account(house: House, tour: Tour) -> None:
    login, user = house.member(), tour.visitor
    user.sign_in(login)
    user.sees(user.heading("Overview"))
    tour.see("/", "/automation", "/activity", "/profile/change-password")
    user.page.get_by_text(login.username, exact=True).click()
    tour.stop()
    tour.see_refusal("/admin/users", 403)
    user.open("/automation")
    user.fill("Instagram username", house.plain_account()["username"])
    user.fill("Instagram password", "not this one")
    with user.refused(422):
        user.press("Link account")
        user.sees(user.page.get_by_role("alert"))
    tour.stop()


@pytest.mark.parametrize("behaviour", ["two_factor", "challenge_phone_only"])
def test_the_pages_while_instagram_wants_one_more_thing(house: House, tour: Tour, behaviour: str) -> None:
    account, user = house.sandbox.account(behaviour), tour.visitor
    user.sign_in(house.member())
    user.link("Automation").click()
    user.fill("Instagram username", account["username"])
    user.fill("Instagram password", account["password"])
    if behaviour == "two_factor":
        user.press("Link account")
        user.fill("Code", "111111")
        tour.stop()
        with user.refused(422):
            user.press("Confirm code")
            user.sees(user.page.get_by_role("alert"))
    else:
        with user.refused(409):
            user.press("Link account")
            user.sees(user.page.get_by_role("alert"))
    tour.stop()
    tour.see("/", "/automation")


def test_the_pages_of_a_bot_that_works(house: House, tour: Tour) -> None:
    login, user = house.member(), tour.visitor
    api = house.sign_in(login)
    api.link(house.plain_account())
    user.sign_in(login)
    user.sees(user.heading("Overview"))
    tour.see("/", "/automation", "/automation/unlink")
    user.open("/automation")
    user.start_bot()
    tour.see("/", "/automation")
    user.unfold("Whom to leave out")
    user.fill("How many people", "many")
    with user.refused(422):
        user.press("Start")
        user.sees(user.page.get_by_role("alert"))
    tour.stop()
    action_id = api.order("coffee", 3)
    tour.see("/", "/automation", f"/actions/{action_id}", f"/actions/{action_id}/cancel")
    api.post(f"/bot/actions/{api.order('tea', 1)}/pause")
    tour.see("/automation")
    api.wait_for(action_id, status="succeeded")
    tour.see(f"/actions/{action_id}", "/", "/activity", "/activity?result=failed")
    tour.see_refusal("/activity?since=yesterday", 422)


def test_the_pages_of_a_bot_that_needs_its_user(house: House, tour: Tour) -> None:
    login, account, user = house.member(), house.plain_account(), tour.visitor
    api = house.sign_in(login)
    api.link(account)
    api.post("/bot/start")
    action_id = api.order("coffee", 2)
    house.sandbox.end_sessions(account["username"])
    user.sign_in(login)
    expect(user.region("Right now")).to_contain_text("Needs you", timeout=ORDER_PATIENCE)
    tour.see("/", "/automation", "/activity", f"/actions/{action_id}")
