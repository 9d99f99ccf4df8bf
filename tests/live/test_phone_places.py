"""An account in the wrong country: what its owner sees and does, and what Instagram hears meanwhile."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.config.runtime import now
from bot.phones.places import Place, default_place
from jobs.instance import BotInstanceManager
from tests.live.test_following import place
from tests.support.proxy_in_front import ProxyInFront, proxy_in_front_of
from tests.support.sandbox_process import SandboxProcess


@pytest.fixture
def proxy(sandbox: SandboxProcess) -> Iterator[ProxyInFront]:
    with proxy_in_front_of(sandbox.proxy) as proxy:
        yield proxy


def test_a_wrong_country_is_warned_of_and_put_right_by_linking_again(person, sandbox, proxy, eventually):
    alice, account = person("alice"), sandbox.account("plain_01")
    alice.put("/api/bot/settings", timezone="Europe/Berlin")

    assert alice.link(account, proxy=proxy.url(), proxy_country="FR", country="DE").get_json()["session_valid"]

    shown = alice.get("/api/bot/settings").get_json()["phone"]
    assert (shown["country"], shown["timezone"], shown["proxy_country"]) == ("DE", "Europe/Berlin", "FR")
    assert shown["proxy_is_elsewhere"]
    assert "The country of the proxy is France, and that of the account is Germany." in alice.page(
        "/settings/connection"
    )

    assert alice.link(account, country="FR").get_json()["session_valid"]

    assert not alice.get("/api/bot/settings").get_json()["phone"]["proxy_is_elsewhere"]
    assert "The country of the proxy is" not in alice.page("/settings/connection")
    alice.post("/api/bot/start")
    action = place(alice, 1)
    eventually(lambda: alice.action(action)["status"] == "succeeded")
    said = sandbox.phone("plain_01")
    assert (said["country"], said["locale"]) == (["DE", "FR"], ["en_DE", "en_FR"])
    assert (len(said["device_id"]), len(said["android_id"])) == (1, 1)


def test_a_new_account_is_where_its_owner_is_and_on_the_phone_that_they_name(person, sandbox):
    alice, account = person("alice"), sandbox.account("plain_02")
    alice.put("/api/bot/settings", timezone="America/Sao_Paulo")

    assert alice.link(account, language="pt", phone="galaxy_a52").get_json()["session_valid"]
    alice.post("/api/bot/logout")
    assert alice.link(account).get_json()["session_valid"]

    said = sandbox.phone("plain_02")
    assert (said["country"], said["locale"], said["timezone_offset"]) == (["BR"], ["pt_BR"], ["-10800"])
    assert len(said["device_id"]) == 1
    assert all("SM-A525F; a52q; qcom; pt_BR" in agent for agent in said["user_agent"])
    assert alice.get("/api/bot/settings").get_json()["phone"]["phone"] == "Samsung Galaxy A52"


def test_a_session_that_is_imported_works_at_once(person, sandbox, eventually):
    alice = person("alice")
    session = sandbox.post("/sessions", account="plain_03")["session"]
    imported = alice.post("/api/bot/import-session", session=f"sessionid={session}", country="IN", language="hi")
    assert imported.get_json()["session_valid"]
    assert "@plain_03" in alice.page("/settings/connection")

    alice.post("/api/bot/start")
    action = place(alice, 2)
    eventually(lambda: alice.action(action)["status"] == "succeeded")

    assert len(sandbox.targets("plain_03", "follow")) == 2
    assert "login" not in sandbox.requests("plain_03")
    said = sandbox.phone("plain_03")
    assert (said["country"], said["locale"], said["timezone_offset"]) == (["IN"], ["hi_IN"], ["19800"])
    assert len(said["device_id"]) == 1


PLACELESS = {"locale": "zz_ZZ", "country": "DE", "country_code": 1, "timezone_offset": 86400}
IN_TWO = {"locale": "en_US", "country": "DE", "country_code": 49, "timezone_offset": 3600}


@pytest.mark.parametrize(
    ("brought", "there"),
    [
        (None, default_place()),
        (PLACELESS | {"timezone_name": "Mars/Phobos"}, default_place()),
        (IN_TWO | {"timezone_name": "GMT+01:00"}, Place("DE", "en", "Europe/Berlin")),
    ],
    ids=["linked", "imported from no place", "imported from two places"],
)
def test_the_pages_and_instagram_are_told_of_the_same_place(person, sandbox, app, brought, there):
    alice, account = person("alice"), sandbox.account("plain_04")
    if brought:
        session = sandbox.post("/sessions", account=account["username"])
        settings = brought | {"authorization_data": {"ds_user_id": session["id"], "sessionid": session["session"]}}
        answer = alice.post("/api/bot/import-session", session=json.dumps(settings))
    else:
        answer = alice.link(account)
    assert answer.get_json()["session_valid"]

    said, shown = sandbox.phone("plain_04"), alice.get("/api/bot/settings").get_json()["phone"]
    assert (said["country"], said["locale"]) == ([there.country], [there.locale])
    with app.app_context():
        assert said["timezone_offset"] == [str(there.offset(now()))]
    assert (shown["country"], shown["language"], shown["timezone"]) == (there.country, there.language, there.timezone)
    assert there.timezone in alice.page("/settings")


def test_a_warm_client_follows_summer_time(person, sandbox, app, clock):
    alice, place = person("alice"), Place("DE", "en", "Europe/Berlin")
    alice.link(sandbox.account("plain_04"), country=place.country)
    with app.app_context(), BotInstanceManager().use(alice.id) as bot:
        bot.refresh()
        before, told = bot.client, place.offset(now())
        bot.refresh()
        assert (bot.client is before, bot.place["timezone_offset"]) == (True, told)
        days = next(days for days in range(1, 300) if place.offset(now() + timedelta(days=days)) != told)
        clock.advance(timedelta(days=days).total_seconds())
        bot.refresh()
        assert {told, bot.place["timezone_offset"]} == {3600, 7200}
        assert json.loads(bot.client.dump())["timezone_offset"] == bot.place["timezone_offset"]
        bot.rest()
