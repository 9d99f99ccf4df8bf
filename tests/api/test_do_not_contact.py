import pytest
from sqlalchemy import select

from bot.contacts.do_not_contact import add
from bot.storage.models import AuditEntry
from bot.storage.tenancy import identity, tenant
from tests.api.caller import field_codes, json_of, refusal

OWN, ALL = "/bot/do-not-contact", "/do-not-contact"


def listed(calls, user, path=OWN):
    return [(item["username"], item["for_all"]) for item in json_of(calls(user).get(path))["items"]]


def test_somebody_is_left_alone_and_taken_off_again(calls, alice, bob):
    answer = json_of(calls(alice).post(OWN, json={"username": "@Ann.B", "note": "asked me to"}))
    assert answer["item"] == {
        "username": "ann.b",
        "for_all": False,
        "source": "user",
        "note": "asked me to",
        "created_at": "2026-03-10T12:00:00Z",
    }
    assert (listed(calls, alice), listed(calls, bob)) == ([("ann.b", False)], [])
    assert refusal(calls(bob).delete(f"{OWN}/ann.b")) == (404, "NOT_ON_THE_LIST")
    assert json_of(calls(alice).delete(f"{OWN}/@ANN.B")) == {"success": True}
    assert listed(calls, alice) == []


def test_a_second_time_changes_nothing(calls, alice):
    first, second = (json_of(calls(alice).post(OWN, json={"username": name})) for name in ("ann", "@Ann"))
    assert first == second
    assert listed(calls, alice) == [("ann", False)]


def test_who_asked_for_it_in_an_answer_is_told_apart(app, calls, alice):
    with app.app_context(), tenant(alice.id) as session:
        add(session, "ben", source="answer")
        session.commit()
    assert json_of(calls(alice).get(OWN))["items"][0]["source"] == "answer"


def test_an_administrator_lists_somebody_for_every_bot(app, calls, alice, ada):
    answer = json_of(calls(ada).post(ALL, json={"username": "ann", "note": "her lawyer wrote"}))
    assert (answer["item"]["for_all"], answer["item"]["note"]) == (True, "her lawyer wrote")
    assert listed(calls, ada, ALL) == listed(calls, alice) == [("ann", True)]
    assert refusal(calls(alice).delete(f"{OWN}/ann")) == (409, "LISTED_FOR_ALL")
    assert calls(ada).delete(f"{ALL}/ann").status_code == 200
    assert listed(calls, alice) == []
    assert refusal(calls(ada).delete(f"{ALL}/ann")) == (404, "NOT_ON_THE_LIST")
    with app.app_context(), identity(reading=True) as session:
        events = {row.event for row in session.scalars(select(AuditEntry)) if "contact" in row.event}
    assert events == {"do_not_contact_all", "may_contact_all"}


def test_why_somebody_is_listed_for_all_is_for_administrators(calls, alice, ada):
    calls(ada).post(ALL, json={"username": "ann", "note": "her lawyer wrote"})
    assert json_of(calls(alice).get(OWN))["items"][0]["note"] is None
    assert json_of(calls(ada).get(ALL))["items"][0]["note"] == "her lawyer wrote"


def test_the_list_of_all_holds_nobody_of_a_users_own(calls, alice, ada):
    calls(alice).post(OWN, json={"username": "ann"})
    calls(ada).post(OWN, json={"username": "ben"})
    assert listed(calls, ada, ALL) == []
    assert listed(calls, ada) == [("ben", False)]


@pytest.mark.parametrize("path", [OWN, ALL])
def test_it_comes_in_parts_newest_first(calls, ada, clock, path):
    for name in ("ann", "ben", "cai"):
        clock.advance(seconds=1)
        calls(ada).post(path, json={"username": name})
    first = json_of(calls(ada).get(f"{path}?limit=2"))
    second = json_of(calls(ada).get(f"{path}?limit=2&cursor={first['next']}"))
    assert [item["username"] for item in first["items"] + second["items"]] == ["cai", "ben", "ann"]
    assert second["next"] is None


def test_what_is_no_username_is_refused(calls, ada):
    for path in (OWN, ALL):
        assert field_codes(calls(ada).post(path, json={"username": "two words"})) == {"username": "WRONG_FORM"}
        assert field_codes(calls(ada).post(path, json={"username": "a", "note": "x" * 201})) == {"note": "TOO_LONG"}
        assert field_codes(calls(ada).delete(f"{path}/two words")) == {"username": "WRONG_FORM"}
        assert field_codes(calls(ada).delete(f"{path}/a%00")) == {"username": "CONTROL_CHARACTER"}
