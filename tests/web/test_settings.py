import pytest

from bot.decision.limits import limit_reports
from bot.settings.ceilings import DefaultLimit, change_defaults, list_defaults
from bot.settings.preferences import settings_report
from tests.web.browser import shown

PROXY = "http://somebody:canary-proxy-password@127.0.0.1:8080"
EVENING = {
    "timezone": "Europe/Berlin",
    "week.monday.works": ["true"],
    "week.monday.start": "18:00",
    "week.monday.end": "00:00",
    "week.sunday.works": ["false"],
    "pause.works": ["true"],
    "pause.start": "22:00",
    "pause.end": "06:00",
}


def settings_of(app, user):
    with app.app_context():
        return settings_report(user.id)


def limit_of(app, user, kind):
    with app.app_context():
        return next(limit for limit in limit_reports(user.id) if limit.rule.kind == kind)


@pytest.mark.parametrize("section", ["hours", "limits", "pace", "filters", "people", "proxy", "account"])
def test_every_section_has_its_place(browse, alice, section):
    page = browse(alice).page("/settings")
    assert page.has(section)
    assert f"#{section}" in page.links


@pytest.mark.parametrize("name", ["notifications", "second-factor", "sign-ins", "do-not-contact", "data"])
def test_a_page_below_it_is_marked_as_one_of_the_settings(browse, alice, name):
    page = browse(alice).page(f"/settings/{name}")
    assert [one["href"] for _, one in page.elements if one.get("aria-current") == "page"] == ["/settings"]


def test_the_change_of_the_password_is_marked_as_one_and_leads_back(browse, alice):
    page = browse(alice).page("/profile/change-password")
    assert [one["href"] for _, one in page.elements if one.get("aria-current") == "page"] == ["/settings"]
    assert "/settings#security" in page.links


def test_the_working_hours_are_changed(app, browse, alice):
    page = browse(alice).sent("/settings", "form-hours", EVENING)
    assert "Working hours Saved" in page.text
    hours = settings_of(app, alice).hours
    assert hours.timezone == "Europe/Berlin"
    assert hours.week[0] == (18 * 60, 24 * 60)
    assert hours.week[6] is None
    assert hours.pause == (22 * 60, 6 * 60)
    assert page.element("hours-week-monday-start")["value"] == "18:00"
    assert page.element("hours-week-monday-end")["value"] == "00:00"


def test_the_nightly_pause_can_be_given_up(app, browse, alice):
    browser = browse(alice)
    browser.sent("/settings", "form-hours", EVENING)
    browser.sent("/settings", "form-hours", {"pause.works": ["false"]})
    assert settings_of(app, alice).hours.pause is None


def test_what_is_saved_as_it_was_shown_changes_nothing(app, browse, alice):
    browser = browse(alice)
    browser.sent("/settings", "form-hours", EVENING)
    before = settings_of(app, alice)
    for form in ("form-hours", "form-limits", "form-pace", "form-filters"):
        browser.sent("/settings", form)
    assert settings_of(app, alice) == before


def test_a_day_without_its_times_is_refused_at_the_field(browse, alice):
    page = shown(browse(alice).send("/settings", "form-hours", EVENING | {"week.monday.start": ""}), 422)
    assert page.element("hours-week-monday-start")["aria-invalid"] == "true"
    assert "#hours-week-monday-start" in page.links
    assert page.element("hours-pause-start")["value"] == "22:00"


def test_a_week_without_an_hour_is_refused(app, browse, alice):
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    before = settings_of(app, alice)
    page = shown(browse(alice).send("/settings", "form-hours", {f"week.{day}.works": ["false"] for day in days}), 422)
    assert "/help/errors/E-QTA-E-0006" in page.links
    assert "#hours-week" in page.links
    assert settings_of(app, alice) == before


def test_a_time_zone_that_is_none_is_refused(browse, alice):
    page = shown(browse(alice).send("/settings", "form-hours", EVENING | {"timezone": "Mars/Base"}), 422)
    assert page.element("hours-timezone")["aria-invalid"] == "true"


def test_ones_own_limits_are_changed_and_given_up(app, browse, alice):
    browser = browse(alice)
    page = browser.sent("/settings", "form-limits", {"follow.per_day": "5", "follow.per_hour": "2"})
    assert "5 a day now , by your own limit" in page.text
    assert limit_of(app, alice, "follow").own_per_hour == 2
    browser.sent("/settings", "form-limits", {"follow.per_day": "", "follow.per_hour": ""})
    assert limit_of(app, alice, "follow").own is None


def test_a_limit_is_shown_beside_default_and_ceiling(browse, alice):
    page = browse(alice).page("/settings")
    assert "10 a day now , by the warm-up of a newly linked account" in page.text
    assert "default 50 · ceiling 100" in page.text
    assert "None of these figures promises safety" in page.text


def test_a_limit_above_the_ceiling_is_refused_at_its_field(app, browse, alice):
    page = shown(browse(alice).send("/settings", "form-limits", {"follow.per_day": "101", "like.per_day": "7"}), 422)
    assert page.element("limits-follow-per_day")["aria-invalid"] == "true"
    assert page.element("limits-follow-per_day")["value"] == "101"
    assert page.element("limits-like-per_day")["value"] == "7"
    assert "/help/errors/E-QTA-E-0004" in page.links
    assert limit_of(app, alice, "like").own is None


def test_a_limit_that_is_no_number_is_refused_at_its_field(browse, alice):
    page = shown(browse(alice).send("/settings", "form-limits", {"message.per_hour": "many"}), 422)
    assert page.element("limits-message-per_hour")["aria-invalid"] == "true"


def test_the_pace_and_the_warm_up_are_changed(app, browse, alice):
    values = {"pace.like.delay_min": "90.5", "pace.like.delay_max": "200", "warm_up": ["false"]}
    page = browse(alice).sent("/settings", "form-pace", values)
    assert "90.5–200 s now" in page.text
    assert limit_of(app, alice, "like").own_delay == (90.5, 200)
    assert settings_of(app, alice).warm_up is False
    browse(alice).sent("/settings", "form-pace", {"pace.like.delay_min": "", "pace.like.delay_max": ""})
    assert limit_of(app, alice, "like").own_delay is None


@pytest.mark.parametrize(
    ("low", "high", "field"),
    [("0.1", "200", "delay_min"), ("300", "200", "delay_min"), ("300", "", "delay_max"), ("x", "200", "delay_min")],
)
def test_a_pace_that_cannot_be_is_refused_at_its_field(app, browse, alice, low, high, field):
    values = {"pace.like.delay_min": low, "pace.like.delay_max": high}
    page = shown(browse(alice).send("/settings", "form-pace", values), 422)
    assert page.element(f"pace-pace-like-{field}")["aria-invalid"] == "true"
    assert limit_of(app, alice, "like").own_delay is None


def test_the_filters_are_changed(app, browse, alice):
    values = {
        "filters.followers_min": "10",
        "filters.business": "skip",
        "filters.bio_must": "coffee, tea time",
        "filters.scripts": ["latin", "greek"],
        "filters.skip_private": ["false"],
    }
    page = browse(alice).sent("/settings", "form-filters", values)
    assert "Filters Saved" in page.text
    filters = settings_of(app, alice).filters
    assert (filters.followers_min, filters.business, filters.skip_private) == (10, "skip", False)
    assert filters.bio_must == ["coffee", "tea time"]
    assert filters.scripts == ["latin", "greek"]


def test_filters_that_leave_out_everybody_are_refused(browse, alice):
    values = {"filters.followers_min": "10", "filters.followers_max": "9"}
    page = shown(browse(alice).send("/settings", "form-filters", values), 422)
    assert page.element("filters-filters-followers_min")["aria-invalid"] == "true"


def test_the_keep_list_and_the_stop_words_are_changed_and_emptied(app, browse, alice):
    browser = browse(alice)
    page = browser.sent("/settings", "form-people", {"keep": "@Anna\r\notto", "stop_words": "no thanks\r\nbasta"})
    assert "People Saved" in page.text
    settings = settings_of(app, alice)
    assert (settings.keep, settings.stop_words) == (["anna", "otto"], ["basta", "no thanks"])
    browser.sent("/settings", "form-people", {"keep": "", "stop_words": ""})
    settings = settings_of(app, alice)
    assert (settings.keep, settings.stop_words) == ([], [])


def test_a_name_to_keep_that_is_none_is_refused(browse, alice):
    page = shown(browse(alice).send("/settings", "form-people", {"keep": "anna, ben\r\n\r\n!!"}), 422)
    assert page.element("people-keep")["aria-invalid"] == "true"
    assert "Keep list: Line 3 is not right. Type an Instagram username" in page.text


def test_it_says_which_instagram_account_is_linked(browse, linked):
    assert "@insta.name Instagram session Valid" in browse(linked).page("/settings").text


def test_an_administrator_changes_the_limits_of_all(app, browse, ada, alice):
    values = {"follow.per_day": "40", "follow.ceiling": "60", "follow.per_hour": "9", "follow.delay_min": "3.5"}
    page = browse(ada).sent("/admin/limits", "defaults", values)
    assert "Saved" in page.text
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
    assert "In use none" in browser.page("/settings").text
    page = browser.sent("/settings", "form-proxy", {"proxy": PROXY})
    assert "Proxy Saved" in page.text
    assert "http proxy at 127.0.0.1, port 8080, with a username" in page.text
    assert "value" not in page.element("proxy-proxy")
    assert "canary-proxy-password" not in browser.get("/settings").text
    browser.sent("/settings", "form-pace")
    assert settings_of(app, linked).proxy is not None


def test_a_proxy_is_removed_after_a_question(app, browse, linked):
    browser = browse(linked)
    page = browser.sent("/settings", "form-proxy", {"proxy": PROXY})
    assert "/settings/proxy/remove" in page.links
    assert "/settings#proxy" in browser.page("/settings/proxy/remove").links
    assert settings_of(app, linked).proxy is not None
    page = browser.sent("/settings/proxy/remove", "remove")
    assert "Proxy Saved" in page.text
    assert "/settings/proxy/remove" not in page.links
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
    response = browse(linked).send("/settings", "form-proxy", {"proxy": typed})
    page = shown(response, 422)
    assert said in page.text
    assert page.element("proxy-proxy")["aria-invalid"] == "true"
    assert "#proxy-proxy" in page.links
    assert "canary-proxy-password" not in response.text
    assert settings_of(app, linked).proxy is None


def test_without_an_account_the_page_says_where_a_proxy_is_typed(browse, alice):
    page = browse(alice).page("/settings")
    assert "form-proxy" not in page.forms
    assert "/automation#account" in page.links
