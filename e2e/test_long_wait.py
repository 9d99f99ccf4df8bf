"""Instagram takes longer than a request may: the person is kept informed, and the page goes on by itself."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from e2e.house import House
from e2e.tour import Tour


def test_a_page_that_waits_for_instagram_goes_on_by_itself(house: House, tour: Tour) -> None:
    account, user = house.plain_account(), tour.visitor
    user.sign_in(house.member())
    user.link("Automation").click()
    user.fill("Instagram username", account["username"])
    user.fill("Instagram password", account["password"])
    with standing_still(house, "worker"):
        user.press("Link account")
        user.sees(user.heading("Waiting for Instagram"))
        tour.stop()
    user.is_told("Your Instagram account is linked.")


@contextmanager
def standing_still(house: House, program: str) -> Iterator[None]:
    pid = house.stack.pid(program)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
