"""/admin/people/<id>/limits: what an administrator allows one user, whatever the user chooses."""

from uuid import uuid4

import pytest

from bot.decision.limits import limit_reports
from bot.settings.ceilings import DefaultLimit, UserCeiling, change_ceilings, change_defaults, user_ceilings
from bot.settings.preferences import OwnLimit, change_limits
from tests.web.browser import shown


def page_of(user):
    return f"/admin/people/{user.id}/limits"


def ceilings_of(app, user, kind):
    with app.app_context():
        return user_ceilings(user.id)[kind]


def test_the_page_of_a_user_leads_there(browse, ada, alice):
    assert page_of(alice) in browse(ada).page(f"/admin/people/{alice.id}").links


def test_a_ceiling_binds_one_user_alone(app, browse, ada, alice, bob):
    page = browse(ada).sent(page_of(alice), "ceilings", {"follow.ceiling": "3", "follow.ceiling_hour": "2"})
    assert "The maximums are saved." in page.text
    assert page.element("ceilings-follow-ceiling")["value"] == "3"
    assert "3 a day by" in page.text
    with app.app_context():
        hers, his = ({one.rule.kind: one.rule for one in limit_reports(user.id)} for user in (alice, bob))
    assert (hers["follow"].effective, hers["follow"].binding, hers["follow"].per_hour) == (3, "ceiling", 2)
    assert his["follow"].binding != "ceiling"


def test_a_ceiling_above_that_of_all_is_said_to_bind_nothing(app, browse, ada, alice):
    with app.app_context():
        change_defaults(ada, {"follow": DefaultLimit(ceiling=60, ceiling_hour=10)})
    page = browse(ada).sent(page_of(alice), "ceilings", {"follow.ceiling": "60", "follow.ceiling_hour": "10"})
    assert "still holds" not in page.text
    page = browse(ada).sent(page_of(alice), "ceilings", {"follow.ceiling": "61", "follow.ceiling_hour": "11"})
    assert "The maximum of everyone, 60 a day, still holds." in page.text
    assert "The maximum of everyone, 10 an hour, still holds." in page.text


def test_it_says_what_the_user_chose(app, browse, ada, alice):
    assert "no limit of their own" in browse(ada).page(page_of(alice)).text
    with app.app_context():
        change_limits(alice.id, {"follow": OwnLimit(per_day=2)})
    assert "2 a day by their own limit" in browse(ada).page(page_of(alice)).text
    assert "their own limit is 2" in browse(ada).page(page_of(alice)).text


def test_an_empty_field_takes_a_ceiling_away(app, browse, ada, alice):
    with app.app_context():
        change_ceilings(ada, alice.id, {"follow": UserCeiling(ceiling=3), "like": UserCeiling(ceiling=4)})
    browse(ada).sent(page_of(alice), "ceilings", {"follow.ceiling": "", "like.ceiling": "4"})
    assert ceilings_of(app, alice, "follow").ceiling is None
    assert ceilings_of(app, alice, "like").ceiling == 4


@pytest.mark.parametrize("value", ["-1", "many", "10001"])
def test_a_ceiling_that_cannot_be_is_refused_at_its_field(app, browse, ada, alice, value):
    page = shown(browse(ada).send(page_of(alice), "ceilings", {"follow.ceiling": value}), 422)
    assert page.element("ceilings-follow-ceiling")["aria-invalid"] == "true"
    assert ceilings_of(app, alice, "follow").ceiling is None


def test_who_does_not_exist_has_no_limits(browse, ada):
    assert browse(ada).get(f"/admin/people/{uuid4()}/limits").status_code == 404


def test_it_is_for_administrators(browse, alice):
    assert browse(alice).get(page_of(alice)).status_code == 403


def test_exceptions_are_the_users_with_maximums_of_their_own(app, browse, ada, alice, bob):
    path = "/admin/limits/exceptions"
    assert "No user has a maximum of their own" in browse(ada).page(path).text
    with app.app_context():
        change_ceilings(
            ada, alice.id, {"follow": UserCeiling(ceiling=3, ceiling_hour=1), "like": UserCeiling(ceiling=4)}
        )
    page = browse(ada).page(path)
    assert "alice Follows 3 a day, 1 an hour · Likes 4 a day" in page.text
    assert page_of(alice) in page.links
    assert "bob" not in page.text
    browse(alice).page(path, 403)
