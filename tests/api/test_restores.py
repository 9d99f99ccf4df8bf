import pytest
from click.testing import Result

from bot.steps import restores
from tests.api.caller import json_of, refusal

PATH = "/admin/restore"


@pytest.fixture
def held(app, ready):
    with app.app_context():
        restores.hold_all("found")


def test_nothing_is_held_where_nothing_was_restored(calls, ada):
    answer = json_of(calls(ada).get(PATH))
    assert (answer["held"], answer["restore"]) == (False, None)


def test_an_administrator_sees_why_every_bot_is_held_and_releases_them(calls, ready, ada, held):
    answer = json_of(calls(ada).get(PATH))
    assert answer["held"]
    assert (answer["restore"]["cause"], answer["restore"]["released_at"]) == ("found", None)
    verdict = json_of(calls(ready).get("/bot/status"))["verdict"]
    assert (verdict["state"], verdict["reason"], verdict["who"]) == ("halted", "DATABASE_RESTORED", "admin")
    for _ in range(2):
        answer = json_of(calls(ada).delete(f"{PATH}/hold"))
        assert not answer["held"]
        assert answer["restore"]["released_by"] == "ada"
    verdict = json_of(calls(ready).get("/bot/status"))["verdict"]
    assert (verdict["reason"], verdict["message"][:26]) == ("ACTING", "Your bot is reading what w")


def test_what_needs_an_answer_of_instagram_is_refused_while_bots_are_held(calls, ready, held):
    placed = calls(ready).post("/bot/actions/follow-hashtag", json={"hashtag": "coffee", "amount": 3})
    assert placed.status_code == 202
    assert refusal(calls(ready).post(f"/users/{ready.id}/test-session")) == (409, "DATABASE_RESTORED")


def release_command(app, *words: str, typed: str = "") -> Result:
    with app.app_context():
        return app.test_cli_runner().invoke(args=list(words), input=typed)


def test_the_commands_hold_and_release_every_bot(app, calls, ready, ada):
    said = release_command(app, "release", "--restored")
    assert said.exit_code == 0
    assert "Every bot is held" in said.output
    assert json_of(calls(ada).get(PATH))["restore"]["cause"] == "declared"
    assert "Every bot is held" in release_command(app, "release").output
    assert release_command(app, "release-bots", typed="n\n").exit_code == 1
    assert json_of(calls(ada).get(PATH))["held"]
    assert "go on within a minute" in release_command(app, "release-bots", typed="y\n").output
    assert not json_of(calls(ada).get(PATH))["held"]
    assert release_command(app, "release-bots", "--yes").output == "No bot is held.\n"
    assert "held" not in release_command(app, "release").output
