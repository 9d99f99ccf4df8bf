"""The three steps to the first action, in the demo and in a real installation."""

import pytest

from bot.actions.placing import FollowHashtag, follow_hashtag
from bot.automation import lifecycle
from bot.automation.status import bot_report
from bot.config.runtime import EXTENSION, now
from bot.decision.limit_rules import DEFAULTS
from bot.decision.limits import limit_reports
from bot.linking import outcomes
from bot.linking.outcomes import Question
from bot.settings.preferences import settings_report
from bot.storage.models.values import VerificationKind
from sandbox.accounts import SPECIAL
from tests.support.sandbox_process import SandboxProcess
from tests.web import situations
from tests.web.browser import Browser, shown
from web import link_words

FORM = "first"
CONFIRM = "form-demo-confirm"


@pytest.fixture(scope="module")
def sandbox():
    with SandboxProcess.start(0, "--lively") as sandbox:
        yield sandbox


@pytest.fixture
def demo(app, sandbox):
    """The application, with a sandbox that answers."""
    parts = app.extensions[EXTENSION]
    parts.config = parts.config.model_copy(update={"sandbox_port": int(sandbox.url.rpartition(":")[2])})
    return app


@pytest.fixture
def real(app):
    parts = app.extensions[EXTENSION]
    parts.config = parts.config.model_copy(update={"instagram_sandbox": False})
    return app


def lets_in(user, asked):
    """A worker for whom Instagram lets the user in. `asked` gets the names and passwords that it was given."""

    def answer(taken):
        asked.append((taken.username, taken.password))
        outcomes.linked(user.id, taken, session_data="{}", instagram_id="1", username=taken.username)

    return answer


def zone_of(app, user):
    with app.app_context():
        return settings_report(user.id).hours.timezone


def test_every_account_of_the_sandbox_can_be_picked_by_what_it_does(demo, browse, alice, sandbox):
    page = browse(alice).page("/")
    offered = [attributes["value"] for tag, attributes in page.elements if attributes.get("name") == "account"]
    assert sorted(offered) == sorted(one["username"] for one in sandbox.accounts())
    assert all(one.does in page.text for one in SPECIAL)
    assert page.forms[FORM].values["account"] == ["plain_01"]
    assert not [text for one in sandbox.accounts() if (text := one["password"]) in page.text]


def test_a_picked_account_is_connected_with_the_password_that_the_sandbox_has_for_it(
    demo, browse, alice, worker, sandbox
):
    asked: list[tuple[str, str]] = []
    with worker(alice, lets_in(alice, asked)):
        response = browse(alice).send("/", FORM, {"account": "blocked_follow", "timezone": "Europe/Berlin"})
    assert (response.status_code, response.location) == (303, "/first-run")
    assert asked == [("blocked_follow", sandbox.account("blocked_follow")["password"])]
    assert zone_of(demo, alice) == "Europe/Berlin"


def test_a_typed_account_goes_before_the_picked_one(demo, browse, alice, worker):
    asked: list[tuple[str, str]] = []
    with worker(alice, lets_in(alice, asked)):
        browse(alice).send("/", FORM, {"username": "my.shop", "password": "of my own"})
    assert asked == [("my.shop", "of my own")]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"account": "no_such"}, "The sandbox has no such account."),
        ({"timezone": "Europe/Atlantis"}, "time zone"),
        ({"username": "someone", "password": ""}, "Fill this in."),
    ],
)
def test_what_cannot_be_is_told_at_the_form_and_asks_nobody(demo, browse, alice, changed, told):
    response = browse(alice).send("/", FORM, changed)
    assert told in shown(response, 422).text
    with demo.app_context():
        assert not bot_report(alice.id).linked
    if "timezone" in changed:
        assert zone_of(demo, alice) == "UTC"


def test_a_sandbox_that_is_away_is_told_and_an_account_can_be_typed(browse, alice):
    page = browse(alice).page("/")
    assert "The sandbox does not answer" in page.text
    assert {"username", "password"} <= page.forms[FORM].values.keys()
    assert "account" not in page.forms[FORM].values


def test_a_real_installation_says_what_was_verified_and_what_is_risky_before_it_asks(real, browse, alice):
    page = browse(alice).page("/")
    assert "account" not in page.forms[FORM].values
    assert link_words.VERIFIED in page.text
    assert "It can limit, block or suspend an account for it." in page.text
    assert "No limit, pace or warm-up promises safety." in page.text
    assert "/demo/" not in " ".join(form.action for form in page.forms.values())


@pytest.fixture
def asked(demo, linked):
    """Alice, of whom Instagram wants to know in its app that it was her."""
    with demo.app_context():
        situations.waiting_for("app")(linked.id, now())
        situations.status(instagram_username="challenge_phone_only")(linked.id, now())
    return linked


@pytest.mark.parametrize(("page", "back"), [("/", "/"), ("/settings/connection", "/settings/connection")])
def test_in_the_demo_a_button_is_the_app_that_confirms(browse, asked, page, back):
    browser = browse(asked)
    response = browser.send(page, CONFIRM)
    assert (response.status_code, response.location) == (303, back)
    page = browser.page(back)
    assert "Now test the connection." in page.text
    assert {"form-account-primary", "form-first-test"} & page.forms.keys()


def confirm_by_api(app, user, **more):
    sent = {"headers": {"Authorization": f"Bearer {user.token}"}}
    return app.test_client().post("/api/demo/confirm", **sent, **more).status_code


def test_only_an_account_that_waits_for_its_app_is_confirmed_and_only_ones_own(demo, browse, asked, bob):
    assert confirm_by_api(demo, asked) == 200
    with demo.app_context():
        situations.status(instagram_username="no.account.of.the.sandbox")(asked.id, now())
    assert confirm_by_api(demo, asked) == 502
    assert confirm_by_api(demo, bob) == 409
    with demo.app_context():
        situations.waiting_for("challenge")(asked.id, now())
    assert confirm_by_api(demo, asked) == 409
    assert CONFIRM not in browse(asked).page("/").forms


@pytest.mark.parametrize(
    "arrives",
    [
        {"environ_overrides": {"SERVER_NAME": "192.168.1.5"}},
        {"environ_overrides": {"REMOTE_ADDR": "192.168.1.7"}},
    ],
)
def test_from_elsewhere_there_is_no_such_button_and_no_such_address(browse, asked, arrives):
    browser = browse(asked)
    form = browser.page("/").forms[CONFIRM]
    assert browser.post(form, **arrives).status_code == 404
    page = shown(browser.get("/", **arrives))
    assert CONFIRM not in page.forms
    assert "/challenges/confirm" in page.text


@pytest.mark.parametrize("changed", [{"instagram_sandbox": False}, {"trusted_proxies": 1}], ids=["production", "proxy"])
def test_in_production_and_by_get_nothing_confirms(demo, browse, asked, changed):
    browser = browse(asked)
    assert browser.get("/demo/confirm").status_code == 404
    form = browser.page("/").forms[CONFIRM]
    parts = demo.extensions[EXTENSION]
    parts.config = parts.config.model_copy(update=changed)
    assert browser.post(form).status_code == 404
    assert confirm_by_api(demo, asked) == 404


def test_under_a_foreign_name_nothing_confirms(demo, asked):
    parts = demo.extensions[EXTENSION]
    parts.config = parts.config.model_copy(update={"allowed_hosts": "*"})
    assert confirm_by_api(demo, asked, base_url="http://bot.example.org") == 404
    assert confirm_by_api(demo, asked) == 200


def test_nobody_picks_an_account_of_a_sandbox_that_is_not_there(real, browse, alice):
    assert shown(browse(alice).send("/", FORM, {"account": "plain_01"}), 422)


def test_the_second_step_turns_the_bot_on_at_the_chosen_pace(demo, browse, linked):
    browser = browse(linked)
    values = {"pace": "careful", "schedule": "work_days", "warm_up": ["false", "true"]}
    page = browser.sent("/first-run", FORM, values)
    assert "Create your first action" in page.text
    with demo.app_context():
        report = settings_report(linked.id)
        assert bot_report(linked.id).bot_running
        assert (report.hours.week[0], report.hours.week[6], report.warm_up) == ((540, 1080), None, True)
        assert {one.rule.kind: one.own for one in limit_reports(linked.id)} == {
            kind: -(-default.per_day // 2) for kind, default in DEFAULTS.items()
        }


def test_in_the_demo_nothing_holds_the_bot_back_unless_it_is_chosen(demo, browse, linked):
    with demo.app_context():
        before = settings_report(linked.id).hours
    browse(linked).sent("/first-run", FORM)
    with demo.app_context():
        report = settings_report(linked.id)
    assert (report.hours, report.warm_up) == (before, False)


def test_a_real_installation_warms_up_in_the_usual_hours_unless_told_otherwise(real, browse, linked):
    browse(linked).sent("/first-run", FORM)
    with real.app_context():
        report = settings_report(linked.id)
    assert (report.hours.week, report.warm_up) == (((540, 1260),) * 7, True)


def test_the_third_step_names_people_who_answer(demo, browse, running, sandbox):
    page = browse(running).page("/first-run")
    people = sandbox.get("/people")
    assert all(f"@{one['username']}" in page.text and one["reply"] in page.text for one in people)
    (written,) = [link for link in page.links if "send-messages" in link]
    assert all(one["username"] in written for one in people)


def test_home_is_the_first_run_until_there_is_an_action(demo, browse, running):
    browser = browse(running)
    assert "Create your first action" in browser.page("/").text
    with demo.app_context():
        follow_hashtag(running.id, FollowHashtag(hashtag="coffee", amount=1))
    assert browser.page("/").has("open-actions")
    assert browser.get("/first-run").location == "/"


def test_an_account_that_instagram_lets_in_no_more_is_told_before_it_is_connected_again(demo, browse, linked, clock):
    with demo.app_context():
        situations.ended_by("INSTAGRAM_LOGGED_OUT")(linked.id, clock.moment)
    page = browse(linked).page("/")
    assert "Instagram has ended the session" in page.text
    assert FORM in page.forms


def test_whoever_turned_the_bot_off_again_is_at_the_second_step(demo, browse, running):
    with demo.app_context():
        lifecycle.stop(running.id)
    assert "Turn on my bot" in browse(running).page("/first-run").text


def test_it_is_for_who_is_signed_in(app):
    assert Browser(app).get("/first-run").location == "/login?next=/first-run"


def test_the_code_that_an_account_of_the_sandbox_takes_is_shown_at_its_form(demo, browse, alice, worker, sandbox):
    browser, asked = browse(alice), list[tuple[str, str]]()
    question = Question(VerificationKind.TWO_FACTOR, "your phone", "{}")
    with worker(alice, lambda taken: outcomes.needs_code(alice.id, taken, question)):
        page = browser.sent("/", FORM, {"account": "two_factor"})
    assert sandbox.account("two_factor")["code"] in page.text
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert sorted(ids) == sorted(set(ids))
    with worker(alice, lets_in(alice, asked)):
        page = browser.sent("/first-run", "first-verify", {"code": sandbox.account("two_factor")["code"]})
    assert "Turn on my bot" in page.text
