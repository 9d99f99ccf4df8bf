import pytest

from tests.web.browser import HTMX, shown
from web.assets import FOLDER, SETTINGS_PAGES

VENDORED = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.glob("vendor/*@*/*"))


@pytest.fixture
def everything(browse, placed, running, ada):
    """Every page of a user with a running bot, of an administrator and of nobody."""
    paths = ["/", "/actions/log", "/settings/connection/unlink", f"/actions/{placed}"]
    paths += ["/settings/security/password", *(address for _, address, _, _ in SETTINGS_PAGES)]
    paths += [
        f"/actions/{placed}/cancel",
        "/now",
        "/bot",
        "/actions",
        "/actions/now",
        "/actions?list=done",
        "/actions/log/now",
    ]
    return [
        *[shown(browse(running).get(path)) for path in paths],
        shown(browse(ada).get("/admin/people")),
        *[shown(browse().get(path)) for path in ("/login", "/help", "/help/signed-out")],
        shown(browse().get("/nowhere"), 404),
    ]


def test_nothing_on_a_page_needs_what_the_content_policy_forbids(everything):
    for page in everything:
        for tag, attributes in page.elements:
            assert "style" not in attributes
            assert not [name for name in attributes if name.startswith(("on", "hx-on"))]
            assert tag != "style"
            assert tag != "script" or (attributes["src"] or "").startswith("/static/")
            assert not [
                value for value in attributes.values() if (value or "").strip().startswith(("js:", "javascript:"))
            ]


def test_ids_are_unique_and_labels_belong_to_fields(everything):
    for page in everything:
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert sorted(ids) == sorted(set(ids))
        for _, attributes in page.elements:
            for reference in ("for", "aria-labelledby", "aria-describedby"):
                assert set((attributes.get(reference) or "").split()) <= set(ids)


def test_every_form_that_changes_something_carries_its_token(everything):
    for page in everything:
        assert not [form for form in page.forms.values() if form.method == "post" and not form.values["csrf_token"][0]]


@pytest.mark.parametrize("path", VENDORED)
def test_what_is_vendored_is_kept_by_browsers_for_a_year(browse, path):
    response = browse().get(f"/static/{path}")
    assert response.cache_control.max_age == 365 * 24 * 3600
    assert response.cache_control.immutable


def test_what_is_vendored_has_its_license_beside_it():
    folders = {(FOLDER / path).parent for path in VENDORED}
    assert {folder.name.partition("@")[0] for folder in folders} == {"htmx.org", "instrument-sans", "lucide-static"}
    assert [folder for folder in folders if not list(folder.glob("LICENSE*"))] == []


def test_our_own_sheet_is_asked_for_anew(browse):
    response = browse().get("/static/troupe.css")
    assert response.cache_control.max_age in (0, None)
    assert not response.cache_control.immutable
    again = browse().get("/static/troupe.css", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_browsers_get_the_icon_at_addresses_that_name_none(browse):
    response = browse().get("/favicon.ico")
    assert (response.status_code, response.mimetype) == (200, "image/svg+xml")


@pytest.mark.parametrize("path", ["../assets.py", "..%2fassets.py", "vendor/../../assets.py"])
def test_nothing_outside_the_folder_is_served(browse, path):
    assert browse().get(f"/static/{path}").status_code == 404


def test_a_form_names_the_page_that_it_led_to_and_nothing_else(browse, alice):
    sent = HTMX | {"HX-Target": "main#main", "HX-Current-URL": "http://localhost/settings"}
    assert (
        browse(alice).get("/actions/log?result=done", headers=sent).headers["HX-Push-Url"] == "/actions/log?result=done"
    )
    assert "HX-Push-Url" not in browse(alice).get("/settings", headers=sent).headers
    assert "HX-Push-Url" not in browse(alice).get("/actions/log", headers=HTMX | {"HX-Target": "section#bot"}).headers
    assert "HX-Push-Url" not in browse(alice).get("/nowhere", headers=sent).headers
