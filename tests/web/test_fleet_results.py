"""The page of an administrator with the results of all bots."""

from datetime import timedelta

import pytest

from bot.fleet.counting import count_results
from bot.fleet.results import MAX_PERIOD
from tests.web.test_results import act  # noqa: F401

PATH = "/admin/results"


@pytest.fixture
def counted(app, running, clock, act):  # noqa: F811
    """A follow twenty days ago and one three hundred days ago, of whom one followed back, counted."""
    act("done", "done", "skipped", days=20)
    act("done", days=300)
    with app.app_context():
        list(count_results())


def test_it_shows_numbers_of_all_bots(browse, ada, counted):
    page = browse(ada).page(PATH)
    assert "Results of all bots Feb 8 – Mar 9, days of UTC" in page.text
    assert "Follows up to 1 user a day 2 1 0" in page.text
    assert "Followed back 0 of 0 · 2 unknown too few" in page.text
    assert "Counted" in page.text
    assert "coffee" not in page.text


def test_a_year_has_columns_of_weeks(browse, ada, counted):
    page = browse(ada).page(f"{PATH}?days={MAX_PERIOD}")
    assert "Steps done per week" in page.text
    assert page.text.count("Week from") == 1
    assert "Follows up to 1 user a day 3 1 0" in page.text


def test_fleet_leads_there_and_back(browse, ada, counted):
    assert PATH in browse(ada).page("/admin").links
    assert "/admin" in browse(ada).page(PATH).links


def test_without_a_count_it_says_when_it_comes(browse, ada):
    assert "Nothing is counted yet. The first count is made within minutes" in browse(ada).page(PATH).text


def test_an_empty_period_leads_to_a_longer_one(browse, ada, counted):
    page = browse(ada).page(f"{PATH}?days=7")
    assert "No bot did a step in these days" in page.text
    assert f"{PATH}?days={MAX_PERIOD}" in page.links


def test_a_day_that_is_not_over_is_refused_at_its_field(browse, ada, clock):
    page = browse(ada).get(f"{PATH}?to={clock.moment.date() + timedelta(days=1)}")
    assert page.status_code == 422
    assert "This may be yesterday at most" in page.text


def test_it_comes_as_csv(browse, ada, counted):
    answer = browse(ada).get(f"{PATH}.csv?days=30")
    assert answer.text.splitlines()[1].startswith("2026-02-18,follow,1,2,0,0,1")


def test_it_is_for_administrators(browse, running):
    assert browse(running).get(PATH).status_code == 403
