"""Instagram takes longer than a request may: the person is kept informed, and the page goes on by itself."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from e2e.installation import Installation
from e2e.walkthrough import Walkthrough


def test_a_page_that_waits_for_instagram_goes_on_by_itself(
    installation: Installation, walkthrough: Walkthrough
) -> None:
    account, user = installation.plain_account(), walkthrough.visitor
    user.sign_in(installation.member())
    user.open("/settings/connection")
    user.fill("Instagram username", account["username"])
    user.fill("Instagram password", account["password"])
    with standing_still(installation, "worker"):
        user.press("Connect account")
        user.sees(user.heading("Waiting for Instagram"))
        walkthrough.stop()
    user.is_told("Your Instagram account is connected.")


@contextmanager
def standing_still(installation: Installation, program: str) -> Iterator[None]:
    pid = installation.stack.pid(program)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
