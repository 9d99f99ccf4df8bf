"""Open pages that nobody looks at do not keep a sign-in alive."""


def test_polls_do_not_put_the_idle_end_off(app, alice, clock):
    browser = app.test_client()
    browser.set_cookie("troupe_session", alice.token)
    for _ in range(13):
        browser.get("/overview/now", headers={"HX-Request": "true"})
        clock.advance(minutes=5)
    assert browser.get("/").status_code == 303


def test_use_puts_the_idle_end_off(app, alice, clock):
    browser = app.test_client()
    browser.set_cookie("troupe_session", alice.token)
    for _ in range(13):
        browser.get("/")
        clock.advance(minutes=5)
    assert browser.get("/").status_code == 200
