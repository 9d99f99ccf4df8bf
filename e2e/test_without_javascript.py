"""The pages as real forms: a browser that runs no scripts comes up to a running bot."""

from playwright.sync_api import expect

from e2e.api import PASSWORD
from e2e.conftest import Visit
from e2e.house import House


def test_a_browser_without_javascript_comes_from_sign_in_to_a_running_bot(house: House, visit: Visit) -> None:
    newcomer = house.newcomer("nora")
    nora = visit(house, java_script=False)
    nora.sign_in(newcomer)
    nora.change_password(newcomer.password, PASSWORD)
    nora.link("Automation").click()
    nora.link_account(house.sandbox.account("two_factor"))
    nora.press("Test session")
    nora.is_told("Your Instagram session works.")
    nora.start_bot()
    nora.order("tea", 2)
    nora.link("Look again").click()
    expect(nora.region("Actions").get_by_role("listitem")).to_contain_text("Follow 2 people from #tea")
    nora.press("Stop")
    nora.is_told("Your bot is stopped.")
    nora.sign_out(newcomer.username)
