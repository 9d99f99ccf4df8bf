from bot.alerts import delivery
from bot.alerts.channels import NewChannel, add_channel, list_channels
from bot.storage.models.values import ANSWER_EVENTS
from tests.support.mails import verified
from tests.web.browser import shown

PATH = "/settings/notifications"
URL = "http://127.0.0.1:9/secret-path"


def test_without_a_webhook_it_says_what_one_is_for(browse, alice):
    assert "You get no notifications" in browse(alice).page(PATH).text
    assert PATH in browse(alice).page("/settings/data").links


def test_a_webhook_is_added_and_its_secret_shown_once(app, browse, alice):
    browser = browse(alice)
    page = shown(browser.send(PATH, "webhook", {"url": URL}), 201)
    assert page.has("webhook-secret")
    assert "secret-path" not in page.text
    again = browser.page(PATH)
    assert "http://127.0.0.1:9" in again.text
    assert not again.has("webhook-secret")


def test_a_form_that_is_sent_again_adds_no_second_webhook(app, browse, alice):
    browser = browse(alice)
    form = browser.page(PATH).forms["webhook"]
    assert [browser.post(form, {"url": URL}).status_code for _ in range(2)] == [201, 303]
    assert "This was added already" in browser.page(PATH).text
    assert "This form was sent before" in shown(browser.post(form, {"url": f"{URL}/2"}), 409).text
    browser.send(PATH, "webhook", {"url": URL})
    with app.app_context():
        assert len(list_channels(alice.id)) == 2


def test_a_form_that_was_refused_can_be_sent_again(app, browse, alice):
    browser = browse(alice)
    form = browser.page(PATH).forms["webhook"]
    assert [browser.post(form, {"url": url}).status_code for url in ("ftp://example.org", URL)] == [422, 201]


def test_webhooks_of_one_host_are_told_apart(app, browse, alice):
    with app.app_context():
        made = [add_channel(alice.id, NewChannel(url=f"http://127.0.0.1:9/{path}")) for path in ("a", "b")]
    page = browse(alice).page(PATH)
    boxes = {found["aria-label"] for _, found in page.elements if "aria-label" in found}
    assert {label.partition(": ")[2] for label in boxes if "blocked" in label} == {
        "http://127.0.0.1:9",
        "http://127.0.0.1:9 (2)",
    }
    assert page.text.count("(2)") == len(made)  # once in each list


def test_what_is_wrong_is_told_at_its_field(browse, alice):
    page = shown(browse(alice).send(PATH, "webhook", {"url": "ftp://example.org"}), 422)
    assert page.element("webhook-url")["aria-invalid"] == "true"


def test_a_test_is_asked_for_and_what_became_of_it_is_shown(app, browse, alice):
    with app.app_context():
        made = add_channel(alice.id, NewChannel(url=URL))
    browser = browse(alice)
    assert "A test is on its way" in browser.sent(PATH, f"test-{made.channel.id}").text
    with app.app_context():
        delivery.deliver_alerts()
    assert "Not delivered: It cannot be reached" in browser.page(PATH).text


def test_it_is_removed_after_a_question(app, browse, alice):
    with app.app_context():
        made = add_channel(alice.id, NewChannel(url=URL))
    browser = browse(alice)
    link = f"{PATH}/{made.channel.id}/remove"
    assert link in browser.page(PATH).links
    assert "You get no notifications" in browser.sent(link, "remove").text


def test_without_a_verified_address_it_leads_to_where_one_is_verified(browse, alice):
    page = browse(alice).page(PATH)
    assert "/settings/profile" in page.links
    assert not page.has("email-primary")


def test_mails_are_added_tried_and_stopped_after_a_question(app, browse, alice):
    with app.app_context():
        verified(alice.id, "alice@example.org")
    browser = browse(alice)
    page = browser.sent(PATH, "email")
    assert "From now on you are told at alice@example.org" in page.text
    assert "You are told by e-mail already" in page.text
    assert not page.has("email-primary")
    with app.app_context():
        (channel,) = list_channels(alice.id)
    assert "A test is on its way to alice@example.org" in browser.sent(PATH, f"test-{channel.id}").text
    with app.app_context():
        delivery.deliver_alerts()
    assert "On its way" in browser.page(PATH).text
    link = f"{PATH}/{channel.id}/remove"
    assert "alice@example.org" in browser.page(link).text
    assert "You get no notifications" in browser.sent(link, "remove").text


def test_the_events_of_each_channel_are_chosen_and_that_is_undone(app, browse, alice):
    with app.app_context():
        made = add_channel(alice.id, NewChannel(url=URL))
    browser = browse(alice)
    name = f"channels.{made.channel.id}"
    assert browser.page(PATH).forms["form-events"].values[name] == ["session_ended", "blocked"]
    page = browser.sent(PATH, "form-events", {name: ["blocked"]})
    assert page.forms["form-events"].values[name] == ["blocked"]
    with app.app_context():
        assert list_channels(alice.id)[0].muted == ["session_ended", *ANSWER_EVENTS]
    undo = next(form for form in page.forms.values() if form.action.endswith("/undo"))
    undone = browser.page(browser.post(undo).location)
    assert undone.forms["form-events"].values[name] == ["session_ended", "blocked"]


def test_the_digest_is_switched_on_where_an_address_is_verified(app, browse, alice):
    browser = browse(alice)
    refused = shown(browser.send(PATH, "form-events", {"digest": ["false", "true"]}), 409)
    assert "You have no verified e-mail address" in refused.text
    with app.app_context():
        verified(alice.id, "alice@example.org")
    assert browser.sent(PATH, "form-events", {"digest": ["false", "true"]}).forms["form-events"].values["digest"] == [
        "false",
        "true",
    ]
