"""Being told elsewhere: a webhook is added, tried, and removed again."""

import re

from e2e.installation import Installation
from e2e.walkthrough import Walkthrough
from tests.support.lanes import eventually
from tests.support.listener import Listener

PATH = "/settings/notifications"


def test_a_webhook_is_told_of_a_test_within_seconds(
    installation: Installation, walkthrough: Walkthrough, listener: Listener
) -> None:
    visitor = walkthrough.visitor
    visitor.open("/login")
    visitor.sign_in(installation.member("nora"))
    walkthrough.see(PATH)
    visitor.fill("Address", f"http://127.0.0.1:{listener.port}/hook")
    visitor.press("Add webhook")
    visitor.sees(visitor.heading("The webhook is added"))
    walkthrough.stop()
    visitor.open(PATH)
    visitor.press(re.compile("^Send a test"))
    visitor.is_told(re.compile("A test is on its way"))

    def delivered() -> bool:
        visitor.open(PATH)
        return "Delivered." in visitor.region("Where you are told").inner_text()

    eventually(delivered, 30)
    assert b"webhook-signature: v1," in listener.received
    assert b"X-Troupe-Signature: sha256=" in listener.received
    walkthrough.stop()
    visitor.page.get_by_role("link", name=re.compile("^Remove")).click()
    walkthrough.stop()
    visitor.press("Remove webhook")
    visitor.sees(visitor.page.get_by_text("You get no notifications"))
