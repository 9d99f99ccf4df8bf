"""Open pages look again until they show the end, and do not keep a sign-in alive."""

import pytest
from sqlalchemy import update

from bot.actions import control
from bot.config.runtime import now
from bot.storage.models import Action
from bot.storage.tenancy import tenant
from web import action_list, panel


def test_polls_do_not_put_the_idle_end_off(app, alice, clock):
    browser = app.test_client()
    browser.set_cookie("troupe_session", alice.token)
    for _ in range(13):
        browser.get("/now", headers={"HX-Request": "true"})
        clock.advance(minutes=5)
    assert browser.get("/").status_code == 303


def test_use_puts_the_idle_end_off(app, alice, clock):
    browser = app.test_client()
    browser.set_cookie("troupe_session", alice.token)
    for _ in range(13):
        browser.get("/")
        clock.advance(minutes=5)
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize(
    ("path", "place", "read"),
    [
        ("/actions/now", panel, "bot_report"),
        ("/actions/now", action_list, "list_actions"),
        ("/actions/{}/now", panel, "bot_report"),
        ("/actions/{}/now", control, "get_action"),
        ("/actions/{}/now", control, "list_actions"),
    ],
)
def test_an_action_that_ends_between_two_reads_is_looked_at_again(
    monkeypatch, browse, running, placed, path, place, read
):
    monkeypatch.setattr(place, read, ending_the_action(running, getattr(place, read)))
    html = browse(running).get(path.format(placed)).text
    assert "hx-get" in html or "Failed" in html


def ending_the_action(user, read):
    """Reads, and the moment after that the bot is through with the action."""

    def reading(*arguments):
        found = read(*arguments)
        with tenant(user.id) as session:
            session.execute(update(Action).values(status="succeeded", finished_at=now()))
            session.commit()
        return found

    return reading
