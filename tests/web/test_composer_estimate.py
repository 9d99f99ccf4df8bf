"""The estimate in the composer: its words for each end that the forecast can tell."""

from datetime import timedelta

import pytest

from bot.actions.placing import FollowHashtag, follow_hashtag
from bot.automation import lifecycle
from bot.config.runtime import now
from bot.settings.preferences import OwnLimit, Settings, change_limits, change_settings
from tests.web import situations
from tests.web.browser import HTMX, shown
from tests.web.test_composer import send
from web import labels
from web.composer import estimates
from web.composer.estimates import DAYS_SHOWN

ESTIMATE = "/actions/new/estimate"


@pytest.fixture
def estimated(browse, running):
    """The estimate of an action to follow with these fields, as it comes while one types."""
    return lambda **values: shown(send(browse(running), "follow-hashtag", values, ESTIMATE, headers=HTMX)).text


@pytest.fixture
def ten_a_day(app, running):
    with app.app_context():
        change_settings(running.id, Settings(timezone="UTC"))
        change_limits(running.id, {"follow": OwnLimit(per_day=10)})


@pytest.mark.usefixtures("ten_a_day")
def test_an_action_of_days_tells_the_last_one_and_the_steps_of_each(estimated):
    text = estimated(amount="25")
    assert "About 3 days, ends Mar 12" in text
    assert "Mar 10 10 Mar 11 10 Mar 12 5" in text
    assert "At most 10 follows a day (warm-up)." in text
    assert "Ends sooner if it finds fewer." in text
    assert "Follow 25 people from #coffee" in text


@pytest.mark.usefixtures("ten_a_day")
def test_an_action_of_today_tells_the_time(estimated):
    text = estimated(amount="1")
    assert "About 1 minute, ends today at 12:00" in text


def test_an_action_of_weeks_shows_its_first_days(app, estimated, running):
    with app.app_context():
        change_limits(running.id, {"follow": OwnLimit(per_day=2)})
    text = estimated(amount="20")
    assert "About 10 days, ends Mar 19" in text
    assert text.count("Mar 1") == DAYS_SHOWN + 1
    assert "And 3 more days." in text
    assert "your own limit" in text


def test_what_goes_on_past_the_forecast_says_so(app, estimated, running):
    with app.app_context():
        change_limits(running.id, {"follow": OwnLimit(per_day=1)})
    assert "More than 30 days" in estimated(amount="60")


def test_what_would_not_end_says_why(app, browse, clock, estimated, running):
    with app.app_context():
        change_limits(running.id, {"follow": OwnLimit(per_day=0)})
    text = estimated(amount="5")
    assert "It would not start" in text
    assert "With a limit of 0" in text
    with app.app_context():
        change_limits(running.id, {"follow": OwnLimit(per_day=9)})
        situations.ended_by("INSTAGRAM_LOGGED_OUT")(running.id, clock.moment)
    assert "It would not start Instagram has ended the session" in estimated(amount="5")


@pytest.mark.usefixtures("ten_a_day")
def test_a_later_start_and_other_actions_are_told(app, estimated, running):
    with app.app_context():
        follow_hashtag(running.id, FollowHashtag(hashtag="tea", amount=10))
        start_at = now() + timedelta(days=2)
    text = estimated(amount="5", start_at=f"{start_at:%Y-%m-%dT%H:%M}")
    assert "Starts Mar 12." in text
    assert "Takes turns with 1 other action." in text


def test_a_bot_that_is_off_is_counted_as_if_it_were_on(app, estimated, running):
    with app.app_context():
        lifecycle.stop(running.id)
    assert "Counted as if your bot were on." in estimated(amount="5")


@pytest.mark.parametrize("amount", ["", "many", "0", "201", "-5", "1.5", "٣", "9" * 30])
def test_a_number_that_no_action_can_have_has_no_estimate(estimated, amount):
    assert "Enter a number to see how long it takes." in estimated(amount=amount)


def test_an_estimate_changes_nothing_and_comes_without_a_script_too(app, browse, running):
    page = shown(send(browse(running), "like-hashtag", {"amount": "40", "hashtag": "tea"}, ESTIMATE))
    assert "Like 40 top posts from #tea" in page.text
    assert page.forms["compose"].values["amount"] == ["40"]


def test_every_rule_of_a_limit_has_words():
    assert estimates._RULES.keys() == labels.RULES.keys() - {"per_hour"}


@pytest.mark.usefixtures("ten_a_day")
def test_no_page_waits_for_the_forecast(browse, monkeypatch, running):
    monkeypatch.setattr(estimates, "forecast", lambda *_: pytest.fail("a page has asked for it"))
    page = browse(running).page("/actions/new?amount=25")
    assert str(page.element("asks-estimate")["hx-trigger"]).startswith("load, ")
    assert "At most 10 follows a day" in page.text
