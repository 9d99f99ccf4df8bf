import csv
import io

import pytest

from bot.core.errors import registry
from bot.history.audit import limit_changes
from bot.settings.ceilings import DefaultLimit
from tests.web.browser import shown
from web.audit_words import detail_words

PATH = "/admin/audit"


def test_it_is_for_administrators(browse, alice):
    browse(alice).page(PATH, 403)
    browse(alice).page(f"{PATH}.csv", 403)


def test_it_says_who_did_what_to_whom_in_words(browse, ada, alice):
    browser = browse(ada)
    browser.sent(f"/admin/people/{alice.id}", "user", {"role": "admin"})
    page = browser.page(PATH)
    assert "Role changed admin By ada About alice" in page.text
    assert "User created By The server About alice" in page.text
    assert f"/admin/people/{alice.id}" in page.links


def test_a_failed_sign_in_is_not_laid_at_the_servers_door(browse, ada, alice):
    browse().send("/login", "login", {"username": "alice", "password": "nothing like it"})
    assert "Sign-in failed By Not signed in About alice" in browse(ada).page(PATH).text


@pytest.mark.parametrize(
    ("event", "detail", "words"),
    [
        ("limits_own", "follow: per_day 50 → 60, per_hour none → 5", "Follows: a day 50 → 60, an hour none → 5"),
        ("limits_default", "story: delay_min 2 → 3", "Story views: shortest pause in seconds 2 → 3"),
        ("limits_ceiling", "message: ceiling none → 9", "Messages: at most a day none → 9"),
        ("bot_reminded", "INSTAGRAM_LOGGED_OUT", registry()["INSTAGRAM_LOGGED_OUT"].description),
        ("kill_switch_on", "per_day is a word of the admin", "per_day is a word of the admin"),
    ],
)
def test_a_detail_has_no_internal_names(event, detail, words):
    assert detail_words(event, detail) == words


def test_every_limit_that_can_change_has_a_word():
    names = DefaultLimit.model_fields
    changed = limit_changes({"follow": dict.fromkeys(names)}, {"follow": dict.fromkeys(names, 1)})
    assert len(changed[0].split(",")) == len(names) > 5
    assert "_" not in detail_words("limits_own", " ".join(changed))


def test_it_is_filtered_and_nothing_found_is_said(browse, ada, alice):
    browser = browse(ada)
    assert "alice" not in browser.page(f"{PATH}?whom=ada").text
    page = browser.page(f"{PATH}?event=kill_switch_on&since=2026-03-10&until=2026-03-10")
    assert "Nothing fits this filter" in page.text
    assert page.forms["filter"].values["event"] == ["kill_switch_on"]
    bad = shown(browser.get(f"{PATH}?since=yesterday"), 422)
    assert bad.element("filter-since")["aria-invalid"] == "true"


def test_the_last_day_of_a_filter_is_included(browse, ada):
    assert "User created" in browse(ada).page(f"{PATH}?until=2026-03-10").text.split("Address")[1]
    assert "Nothing fits" in browse(ada).page(f"{PATH}?until=2026-03-09").text


def test_who_is_erased_is_shown_by_id(browse, ada, alice):
    browser = browse(ada)
    browser.sent(f"/admin/people/{alice.id}/erase", "erase", {"username": "alice"})
    page = browser.page(PATH)
    assert f"User erased By ada About erased: {alice.id}" in page.text
    assert f"/admin/people/{alice.id}" not in page.links


def test_it_is_downloaded_narrowed_by_the_same_filter(browse, ada, alice):
    browser = browse(ada)
    page = browser.page(f"{PATH}?whom=alice")
    assert f"{PATH}.csv?whom=alice" in page.links
    rows = list(csv.DictReader(io.StringIO(browser.get(f"{PATH}.csv?whom=alice").data.decode("utf-8-sig"))))
    assert [(row["event"], row["whom"]) for row in rows] == [("user_created", "alice")]
