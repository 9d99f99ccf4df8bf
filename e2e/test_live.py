"""The script of every page, by a clock of the test's own: times count down, the tab says it, and polls wake in time."""

from datetime import UTC, datetime

from playwright.sync_api import expect

from e2e.conftest import Visit
from e2e.installation import Installation

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
PANEL = """
<section id="bot" hx-trigger="wake" data-until="2026-03-10T12:00:38+00:00" data-icon="/static/favicon-help.svg">
  <p>Next follow in <time datetime="2026-03-10T12:00:38+00:00" data-countdown>38 s</time></p>
</section>
"""
PART = """<div id="live" hx-trigger="every 30s, news"></div>"""


def test_the_tab_counts_down_and_wakes_what_is_polled_once(installation: Installation, visit: Visit) -> None:
    page = visit(installation).page
    page.clock.install(time=NOON)
    page.goto(installation.address + "/login")
    page.evaluate("html => document.querySelector('main').insertAdjacentHTML('beforeend', html)", PANEL)
    page.evaluate("window.woken = 0; document.getElementById('bot').addEventListener('wake', () => { window.woken++ })")
    icon = page.locator("link[rel=icon]")
    page.clock.pause_at(NOON.replace(second=10))
    page.clock.run_for(1000)
    expect(page.locator("#bot time")).to_have_text("27 s")
    expect(page).to_have_title("(27 s) Sign in · Troupe")
    expect(icon).to_have_attribute("href", "/static/favicon-help.svg")
    assert page.evaluate("window.woken") == 0
    page.clock.run_for(60_000)
    expect(page.locator("#bot time")).to_have_text("a moment")
    assert page.evaluate("window.woken") == 1
    page.evaluate("document.getElementById('bot').dataset.mark = 'Limit'; document.querySelector('#bot p').remove()")
    page.clock.run_for(1000)
    expect(page).to_have_title("(Limit) Sign in · Troupe")
    page.evaluate("document.getElementById('bot').remove()")
    page.clock.run_for(1000)
    expect(page).to_have_title("Sign in · Troupe")
    expect(icon).to_have_attribute("href", "/static/favicon.svg")


def test_what_the_panel_brings_is_news_to_the_other_part_of_the_page(installation: Installation, visit: Visit) -> None:
    page = visit(installation).page
    page.goto(installation.address + "/login")
    page.evaluate("html => document.querySelector('main').insertAdjacentHTML('beforeend', html)", PANEL + PART)
    page.evaluate("window.told = 0; document.getElementById('live').addEventListener('news', () => { window.told++ })")
    swap = """seen => {
        if (seen) document.getElementById('bot').setAttribute('hx-get', seen);
        document.dispatchEvent(new CustomEvent('htmx:after:swap'));
        return window.told;
    }"""
    shown = ["/bot?seen=1", "", "/bot?seen=2", "", "/bot?seen=3"]
    assert [page.evaluate(swap, seen) for seen in shown] == [0, 0, 1, 1, 2]
