import pytest

from bot.decision.limits import limit_reports
from bot.settings.ceilings import DefaultLimit, change_defaults, list_defaults
from bot.settings.preferences import settings_report
from tests.web.browser import shown
from web.assets import SETTINGS_PAGES
from web.schedule_bars import parts, week_minutes

PROXY = "http://somebody:canary-proxy-password@127.0.0.1:8080"
SCHEDULE, LIMITS, FILTERS = "/settings/schedule", "/settings/limits", "/settings/filters"
PROXY_PAGE = "/settings/connection/proxy"
EVENING = {
    "timezone": "Europe/Berlin",
    "week.monday.start": "18:00",
    "week.monday.end": "00:00",
    "week.sunday.start": "",
    "week.sunday.end": "",
    "pause.start": "22:00",
    "pause.end": "06:00",
}


def settings_of(app, user):
    with app.app_context():
        return settings_report(user.id)


def limit_of(app, user, kind):
    with app.app_context():
        return next(limit for limit in limit_reports(user.id) if limit.rule.kind == kind)


@pytest.mark.parametrize(("name", "address"), [(name, address) for name, address, _, _ in SETTINGS_PAGES])
def test_every_page_is_in_the_list_of_the_settings_and_marked_there(browse, alice, name, address):
    page = browse(alice).page(address)
    marked = [one["href"] for _, one in page.elements if one.get("aria-current") == "page"]
    assert {address, "/settings"} <= set(marked)
    assert {place for _, place, _, _ in SETTINGS_PAGES} <= set(page.links)


def test_the_settings_begin_with_the_schedule(browse, alice):
    response = browse(alice).get("/settings")
    assert (response.status_code, response.location) == (302, SCHEDULE)


def undone(browser, page):
    """Presses Undo in the news above the page."""
    return browser.post(next(form for form in page.forms.values() if form.action.endswith("/undo")))


def test_what_is_saved_is_undone_from_the_news_and_no_longer_once_it_was_changed(app, browse, alice):
    browser = browse(alice)
    before = settings_of(app, alice)
    first = browser.sent(SCHEDULE, "form-hours", EVENING)
    page = browser.page(undone(browser, first).location)
    assert "Undone. The earlier values are back." in page.text
    assert settings_of(app, alice) == before
    saved = browser.sent(SCHEDULE, "form-hours", EVENING)
    browser.sent(SCHEDULE, "form-hours", {"timezone": "Asia/Tokyo"})
    refused = shown(undone(browser, saved), 409)
    assert "These settings were changed again since" in refused.text
    assert refused.forms["form-hours"].values["timezone"] == ["Asia/Tokyo"]
    assert settings_of(app, alice).hours.timezone == "Asia/Tokyo"


def test_what_changed_nothing_offers_no_undo(browse, alice):
    page = browse(alice).sent(SCHEDULE, "form-hours")
    assert "Schedule saved." in page.text
    assert not [form for form in page.forms.values() if form.action.endswith("/undo")]


def test_a_preset_sets_the_hours_and_later_rows_count_again(app, browse, alice):
    browser = browse(alice)
    page = browser.sent(SCHEDULE, "form-hours", {"preset": "evenings"})
    assert settings_of(app, alice).hours.week == ((1020, 1320),) * 7
    assert page.element("hours-week-monday-start")["value"] == "17:00"
    assert page.forms["form-hours"].values["preset"] == ["evenings"]
    page = browser.sent(SCHEDULE, "form-hours", {"week.monday.start": "16:00"})
    assert settings_of(app, alice).hours.week[:2] == ((960, 1320), (1020, 1320))
    assert page.forms["form-hours"].values["preset"] == ["custom"]


def test_the_bars_show_hours_past_midnight_on_the_next_day():
    night = (1320, 120)
    assert [parts(span, before) for span, before in ((night, None), (None, night), ((540, 1260), night))] == [
        [(1320, 1440)],
        [(0, 120)],
        [(0, 120), (540, 1260)],
    ]
    assert week_minutes([(0, 1440)] * 7) == 7 * 1440
    assert week_minutes([night, None, None, None, None, None, (1380, 60)]) == 240 + 120


def test_the_working_hours_are_changed(app, browse, alice):
    page = browse(alice).sent(SCHEDULE, "form-hours", EVENING)
    assert "Schedule saved." in page.text
    hours = settings_of(app, alice).hours
    assert hours.timezone == "Europe/Berlin"
    assert hours.week[0] == (18 * 60, 24 * 60)
    assert hours.week[6] is None
    assert hours.pause == (22 * 60, 6 * 60)
    assert page.element("hours-week-monday-start")["value"] == "18:00"
    assert page.element("hours-week-monday-end")["value"] == "00:00"


def test_the_nightly_pause_can_be_given_up(app, browse, alice):
    browser = browse(alice)
    browser.sent(SCHEDULE, "form-hours", EVENING)
    browser.sent(SCHEDULE, "form-hours", {"pause.start": "", "pause.end": ""})
    assert settings_of(app, alice).hours.pause is None


def test_what_is_saved_as_it_was_shown_changes_nothing(app, browse, alice):
    browser = browse(alice)
    browser.sent(SCHEDULE, "form-hours", EVENING)
    before = settings_of(app, alice)
    for path, form in ((SCHEDULE, "form-hours"), (LIMITS, "form-limits"), (FILTERS, "form-filters")):
        browser.sent(path, form)
    assert settings_of(app, alice) == before


def test_a_day_without_its_times_is_refused_at_the_field(browse, alice):
    page = shown(browse(alice).send(SCHEDULE, "form-hours", EVENING | {"week.monday.start": ""}), 422)
    assert page.element("hours-week-monday-start")["aria-invalid"] == "true"
    assert "#hours-week-monday-start" in page.links
    assert page.element("hours-pause-start")["value"] == "22:00"


def test_a_week_without_an_hour_is_refused(app, browse, alice):
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    before = settings_of(app, alice)
    none = {f"week.{day}.{edge}": "" for day in days for edge in ("start", "end")}
    page = shown(browse(alice).send(SCHEDULE, "form-hours", none), 422)
    assert "/help/errors/E-QTA-E-0006" in page.links
    assert "#hours-week" in page.links
    assert settings_of(app, alice) == before


def test_a_time_zone_that_is_none_is_refused(browse, alice):
    page = shown(browse(alice).send(SCHEDULE, "form-hours", EVENING | {"timezone": "Mars/Base"}), 422)
    assert page.element("hours-timezone")["aria-invalid"] == "true"


def test_ones_own_limits_are_changed_and_given_up(app, browse, alice):
    browser = browse(alice)
    page = browser.sent(LIMITS, "form-limits", {"follow.per_day": "5", "follow.per_hour": "2"})
    assert "0 of 5 today, by your own limit" in page.text
    assert limit_of(app, alice, "follow").own_per_hour == 2
    browser.sent(LIMITS, "form-limits", {"follow.per_day": "", "follow.per_hour": ""})
    assert limit_of(app, alice, "follow").own is None


def test_a_limit_is_shown_beside_default_and_ceiling(browse, alice):
    page = browse(alice).page(LIMITS)
    assert "0 of 10 today, by the warm-up of a newly connected account" in page.text
    assert page.element("limits-follow-per_day")["placeholder"] == "50"
    assert "Maximum 100" in page.text
    assert "No figure promises safety" in page.text


def test_a_limit_above_the_ceiling_is_refused_at_its_field(app, browse, alice):
    page = shown(browse(alice).send(LIMITS, "form-limits", {"follow.per_day": "101", "like.per_day": "7"}), 422)
    assert page.element("limits-follow-per_day")["aria-invalid"] == "true"
    assert page.element("limits-follow-per_day")["value"] == "101"
    assert page.element("limits-like-per_day")["value"] == "7"
    assert "/help/errors/E-QTA-E-0004" in page.links
    assert limit_of(app, alice, "like").own is None


def test_a_limit_that_is_no_number_is_refused_at_its_field(browse, alice):
    page = shown(browse(alice).send(LIMITS, "form-limits", {"message.per_hour": "many"}), 422)
    assert page.element("limits-message-per_hour")["aria-invalid"] == "true"


def test_the_pace_and_the_warm_up_are_changed(app, browse, alice):
    values = {"pace.like.delay_min": "90.5", "pace.like.delay_max": "200", "warm_up": ["false"]}
    page = browse(alice).sent(LIMITS, "form-limits", values)
    assert page.element("limits-pace-like-delay_min")["value"] == "90.5"
    assert limit_of(app, alice, "like").own_delay == (90.5, 200)
    assert settings_of(app, alice).warm_up is False
    browse(alice).sent(LIMITS, "form-limits", {"pace.like.delay_min": "", "pace.like.delay_max": ""})
    assert limit_of(app, alice, "like").own_delay is None


@pytest.mark.parametrize(
    ("low", "high", "field"),
    [("0.1", "200", "delay_min"), ("300", "200", "delay_min"), ("300", "", "delay_max"), ("x", "200", "delay_min")],
)
def test_a_pace_that_cannot_be_is_refused_at_its_field(app, browse, alice, low, high, field):
    values = {"pace.like.delay_min": low, "pace.like.delay_max": high}
    page = shown(browse(alice).send(LIMITS, "form-limits", values), 422)
    assert page.element(f"limits-pace-like-{field}")["aria-invalid"] == "true"
    assert limit_of(app, alice, "like").own_delay is None


def test_the_filters_are_changed(app, browse, alice):
    values = {
        "filters.followers_min": "10",
        "filters.business": "skip",
        "filters.bio_must": "coffee, tea time",
        "filters.scripts": ["latin", "greek"],
        "filters.skip_private": ["false"],
    }
    page = browse(alice).sent(FILTERS, "form-filters", values)
    assert "Filters saved." in page.text
    filters = settings_of(app, alice).filters
    assert (filters.followers_min, filters.business, filters.skip_private) == (10, "skip", False)
    assert filters.bio_must == ["coffee", "tea time"]
    assert filters.scripts == ["latin", "greek"]


def test_filters_that_leave_out_everybody_are_refused(browse, alice):
    values = {"filters.followers_min": "10", "filters.followers_max": "9"}
    page = shown(browse(alice).send(FILTERS, "form-filters", values), 422)
    assert page.element("filters-filters-followers_min")["aria-invalid"] == "true"


def test_the_careful_preset_halves_the_limits_and_the_normal_one_gives_them_back(app, browse, alice):
    browser = browse(alice)
    page = browser.sent(LIMITS, "form-limits", {"preset": "careful"})
    assert (limit_of(app, alice, "follow").own, limit_of(app, alice, "follow").own_delay) == (25, (4, 8))
    assert page.forms["form-limits"].values["preset"] == ["careful"]
    assert page.element("limits-follow-per_day")["value"] == "25"
    page = browser.sent(LIMITS, "form-limits", {"follow.per_day": "24"})
    assert page.forms["form-limits"].values["preset"] == ["custom"]
    browser.sent(LIMITS, "form-limits", {"preset": "normal"})
    assert limit_of(app, alice, "follow").own is None


def test_it_says_which_instagram_account_is_linked(browse, linked):
    page = browse(linked).page("/settings/connection")
    assert "@insta.name" in page.text
    assert "Connected" in page.text


def test_an_administrator_changes_the_limits_of_all(app, browse, ada, alice):
    values = {"follow.per_day": "40", "follow.ceiling": "60", "follow.per_hour": "9", "follow.delay_min": "3.5"}
    page = browse(ada).sent("/admin/limits", "defaults", values)
    assert "saved" in page.text
    assert page.element("defaults-follow-ceiling")["value"] == "60"
    report = limit_of(app, alice, "follow")
    assert (report.default, report.ceiling, report.default_per_hour) == (40, 60, 9)
    assert report.default_delay[0] == 3.5


def test_a_limit_of_an_hour_can_be_given_up_by_an_administrator(app, browse, ada):
    with app.app_context():
        change_defaults(ada, {"follow": DefaultLimit(per_hour=5, ceiling_hour=8)})
    browse(ada).sent("/admin/limits", "defaults", {"follow.per_hour": "", "follow.ceiling_hour": ""})
    with app.app_context():
        row = next(row for row in list_defaults() if row.kind == "follow")
    assert (row.per_hour, row.ceiling_hour) == (None, None)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"follow.ceiling": ""}, "ceiling"),
        ({"follow.per_day": "-1"}, "per_day"),
        ({"follow.delay_min": "500", "follow.delay_max": "400"}, "delay_min"),
    ],
)
def test_limits_of_all_that_cannot_be_are_refused_at_their_field(browse, ada, values, field):
    page = shown(browse(ada).send("/admin/limits", "defaults", values), 422)
    assert page.element(f"defaults-follow-{field}")["aria-invalid"] == "true"


def test_the_limits_of_all_are_for_administrators(browse, alice):
    assert browse(alice).get("/admin/limits").status_code == 403


def test_a_proxy_is_set_and_shown_without_its_secrets(app, browse, linked):
    browser = browse(linked)
    assert "In use None, Instagram sees this server's address." in browser.page(PROXY_PAGE).text
    page = browser.sent(PROXY_PAGE, "form-proxy", {"proxy": PROXY})
    assert "Proxy saved." in page.text
    assert "http proxy at 127.0.0.1, port 8080, with a username" in page.text
    assert "value" not in page.element("proxy-proxy")
    assert "canary-proxy-password" not in browser.get(PROXY_PAGE).text
    browser.sent(LIMITS, "form-limits")
    assert settings_of(app, linked).proxy is not None


def test_a_proxy_is_removed_after_a_question(app, browse, linked):
    browser = browse(linked)
    page = browser.sent(PROXY_PAGE, "form-proxy", {"proxy": PROXY})
    assert f"{PROXY_PAGE}/remove" in page.links
    assert PROXY_PAGE in browser.page(f"{PROXY_PAGE}/remove").links
    assert settings_of(app, linked).proxy is not None
    page = browser.sent(f"{PROXY_PAGE}/remove", "remove")
    assert "Proxy removed." in page.text
    assert f"{PROXY_PAGE}/remove" not in page.links
    assert settings_of(app, linked).proxy is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Fill this in."),
        ("https://somebody:canary-proxy-password@127.0.0.1:1", "A proxy is reached by http or socks5."),
        ("http://somebody:canary-proxy-password@127.0.0.1", "Add the port at the end, like :8080."),
        (
            "http://somebody:canary-proxy-password@10.0.0.1:80",
            "A proxy can only be on this machine in the demo, like 127.0.0.1.",
        ),
        ("http://somebody:canary-proxy-password@" + "x" * 500, "Type 500 characters at most."),
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_at_its_field_and_not_repeated(app, browse, linked, typed, said):
    response = browse(linked).send(PROXY_PAGE, "form-proxy", {"proxy": typed})
    page = shown(response, 422)
    assert said in page.text
    assert page.element("proxy-proxy")["aria-invalid"] == "true"
    assert "#proxy-proxy" in page.links
    assert "canary-proxy-password" not in response.text
    assert settings_of(app, linked).proxy is None


def test_without_an_account_the_page_says_where_a_proxy_is_typed(browse, alice):
    page = browse(alice).page(PROXY_PAGE)
    assert "form-proxy" not in page.forms
    assert "/settings/connection/link" in page.links
