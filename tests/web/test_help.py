"""Help: each code leads to its article, each button to a page that has what it says, and a search finds both."""

import re

import pytest

from bot.core.errors import BotException, registry
from bot.help.articles import articles
from bot.history.activity import record
from bot.storage.tenancy import tenant
from tests.structure.source import ROOT
from tests.web import situations
from tests.web.browser import shown

ARTICLES = list(articles().values())
TEMPLATES = ROOT / "web" / "templates"
SIGNED_OUT = ("/login", "/forgot-password")
# What the forms of a page post to that a button promises. Pages without an entry are there to be read.
CONTROLS = {
    "/login": "/login",
    "/forgot-password": "/forgot-password",
    "/profile/change-password": "change-password",
    "/actions/new": "^/(actions|automation|messages)",
    "/settings/connection": "/(automation|connection)/",
    "/settings/filters": "filters",
    "/settings/limits": "limits",
    "/settings/lists": "lists|do-not-contact",
    "/settings/notifications": "notifications",
    "/settings/schedule": "schedule|hours",
}


PRESSED = re.compile(r"\b[Pp]ress ([A-Z]\w*(?: (?!if\b|here\b|there\b|next\b|again\b|afterwards\b)\w+)*)")


def pages_of(audience):
    """The pages that buttons of articles for an audience lead to."""
    buttons = [article.button for article in ARTICLES if article.audience == audience]
    return sorted({button.page for button in buttons if button and button.page})


def test_every_code_leads_everybody_to_its_article(browse):
    nobody = browse()
    for article in ARTICLES:
        for entry in article.codes:
            response = nobody.get(f"/help/errors/{entry.code}")
            assert (response.status_code, response.location) == (302, f"/help/{article.slug}?code={entry.code}")


def test_every_article_is_whole_for_everybody(app, browse):
    nobody = browse()
    with app.app_context():
        here = list(articles().values())
    for article in here:
        page = nobody.page(f"/help/{article.slug}")
        for text in (article.title, article.summary, article.happened, article.nothing):
            assert text in page.text
        for step in article.now:
            assert step.lead in page.text
        for entry in article.codes:
            assert entry.code in page.text
            assert entry.remedy in page.text


def test_the_index_has_every_article_of_users_and_leads_to_those_of_operators(browse):
    links = set(browse().page("/help").links)
    operators = set(browse().page("/help/operators").links)
    assert "/help/operators" in links
    for article in ARTICLES:
        assert (f"/help/{article.slug}" in links) is (article.audience == "user"), article.slug
        assert (f"/help/{article.slug}" in operators) is (article.audience == "operator"), article.slug


def test_codes_stand_behind_details(browse):
    html = browse().get("/help/instagram-signed-the-bot-out").text
    before, _, after = html.partition("<summary>Details</summary>")
    assert "E-AUTH-E-0018" not in before
    assert "E-AUTH-E-0018" in after
    assert not re.search(r"E-[A-Z]+-[IWEC]-\d{4}", browse().page("/help").text)


@pytest.mark.parametrize("audience", ["user", "operator"])
def test_every_button_leads_to_a_page_that_does_it(browse, ada, running, audience):
    signed_in, nobody = browse(ada if audience == "operator" else running), browse()
    for address in pages_of(audience):
        browser = nobody if address in SIGNED_OUT else signed_in
        path, response = address, browser.get(address)
        while response.status_code in (302, 303):
            path, response = response.location, browser.get(response.location)
        assert response.status_code == 200, address
        assert address in SIGNED_OUT or not path.startswith("/login")
        control = CONTROLS.get(address.partition("?")[0])
        if control:
            actions = [form.action for form in shown(response).forms.values()]
            assert any(re.search(control, action) for action in actions), (address, actions)


def test_the_button_of_a_bot_that_is_off_turns_it_on(app, browse, clock, placed, running):
    with app.app_context():
        situations.stopped(running.id, clock.moment)
    browser = browse(running)
    page = browser.page("/help/bot-is-off")
    assert "Your bot is off" in page.text
    response = browser.post(page.forms["do"])
    assert (response.status_code, response.location) == (303, "/help/bot-is-off")
    assert browser.page("/").element("switch")["aria-checked"] == "true"


def test_signed_out_the_button_that_acts_leads_to_the_sign_in(browse):
    page = browse().page("/help/bot-is-off")
    assert "do" not in page.forms
    assert any(link.startswith("/login?next=") for link in page.links)


def test_it_says_when_the_reader_met_the_cause(app, browse, alice, bob, clock):
    with app.app_context(), tenant(alice.id) as session:
        record(session, "follow", "failed", target="ann", error=BotException("INSTAGRAM_ACTION_BLOCKED"))
        session.commit()
    assert "Follow ann 12:00" in browse(alice).page("/help/instagram-paused-a-kind").text
    for other in (bob, None):
        assert "ann" not in browse(other).page("/help/instagram-paused-a-kind").text.split()


def test_it_shows_the_present_state_if_the_article_is_about_it(app, browse, clock, placed, running):
    with app.app_context():
        situations.ended_by("INSTAGRAM_LOGGED_OUT")(running.id, clock.moment)
    page = browse(running).page("/help/instagram-signed-the-bot-out")
    assert "Your bot Instagram signed you out" in page.text


def test_a_search_finds_articles_by_words(browse):
    page = browse().page("/help?q=proxy+answer")
    assert "/help/proxy-does-not-answer" in page.links
    assert "/help/texts-alike" not in page.links


@pytest.mark.parametrize("code", ["E-AUTH-E-0018", "e-auth-e-0018", " INSTAGRAM_LOGGED_OUT "])
def test_a_search_for_a_code_leads_to_its_article(browse, code):
    response = browse().get("/help", query_string={"q": code})
    assert response.location == "/help/instagram-signed-the-bot-out?code=E-AUTH-E-0018"


def test_a_search_that_finds_nothing_leads_back(browse):
    page = browse().page("/help?q=xylophone")
    assert "No article has all of these words." in page.text
    assert "/help" in page.links


def test_a_search_is_not_longer_than_it_may_be(browse):
    assert "characters at most" in browse().page(f"/help?q={'x' * 101}", 422).text


def test_an_operators_article_says_who_acts_to_those_who_cannot(browse, alice, ada):
    says = "The admin of this server has to act."
    assert says in browse(alice).page("/help/no-worker").text
    assert says not in browse(ada).page("/help/no-worker").text


@pytest.mark.parametrize("slug", ["nothing-like-it", "<script>", "%00", "x" * 2000])
def test_an_article_that_does_not_exist_is_not_found(browse, slug):
    browse().page(f"/help/{slug}", 404)


@pytest.mark.parametrize("code", ["<b>", "E-BOT-E-2", "call-me"])
def test_no_text_of_an_address_is_shown_as_a_code(browse, code):
    page = browse().page(f"/help/bot-is-off?code={code}", 422)
    assert code not in page.text


def test_every_registered_code_is_tried():
    assert sum(len(article.codes) for article in ARTICLES) == len(registry())


def test_every_button_that_a_text_tells_to_press_has_that_name():
    texts = [text for entry in registry().values() for text in (entry.remedy, entry.if_asked or "")]
    texts += [step.lead + " " + step.more for article in ARTICLES for step in article.now]
    named = {name for text in texts for name in PRESSED.findall(text)}
    pages = "\n".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    assert {"Test connection", "Resume"} <= named
    assert [name for name in sorted(named) if not re.search(rf"[>\"]{re.escape(name)}[<\"]", pages)] == []
