"""`flask instagram-check` in the lane of a running bot: it reads, compares, stops, and records shapes alone."""

import json
import os
import re
import shlex
from importlib.metadata import version

import pytest
from sqlalchemy import select

from bot.automation.client_releases import CLIENT
from bot.linking.stored_sessions import load_instagram_session
from bot.operations import instagram_check, instagram_check_command
from bot.storage.models import AccountRequest, AuditEntry
from bot.storage.tenancy import identity, tenant
from jobs.instagram.contracts import CONTRACTS
from tests.live.test_kinds import public
from tests.structure.source import ROOT
from tests.support.contract_replies import reply_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PAGE = ROOT / "docs" / "instagram-check.md"
WORD, NUMBER = "quillonvex", 98_765_432_101
CANARIES = (WORD, str(NUMBER), "?token")


@pytest.fixture
def check(app):
    return lambda *words, typed="": app.test_cli_runner().invoke(args=["instagram-check", "alice", *words], input=typed)


def answered(sandbox, bot, path, body, status=200):
    pattern = re.escape(path.partition("?")[0]).replace(r"\{\}", ".+") + r"(\?|$)"
    sandbox.answer(bot.account, {"status": status, "body": body}, path=pattern, count=9)


def own_id(bot):
    return json.loads(load_instagram_session(bot.id).text)["authorization_data"]["ds_user_id"]


def test_it_reads_one_reply_of_each_kind_and_changes_nothing(bot, sandbox, check):
    person = bot.world.people(public, 1)[0].username
    sandbox.post("/messages", account=bot.account, username=person, text="hello")
    before = sandbox.ledger(bot.account)
    done = check()
    assert done.exit_code == 0, done.output
    assert "0 not as expected" in done.output
    for title in ("current user", "followers", "hashtag, clips", "story", "inbox", "requests", "conversation"):
        assert re.search(rf"{title} +200  as expected", done.output), title
    assert sandbox.ledger(bot.account) == before
    assert bot.activity("check", "done")
    with identity(reading=True) as session:
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.event == "instagram_checked"))
    assert (entry.subject_id, entry.actor_id) == (bot.id, None)


def test_it_tells_what_differs_and_where_instagram_says_that_the_account_is(bot, sandbox, check):
    answered(sandbox, bot, "users/{}/usernameinfo/", {"user": {"pk": True, "username": "x"}, "status": "ok"})
    current = {"user": {"pk": own_id(bot), "country": "DE"}, "client_ip": "192.0.2.7", "status": "ok"}
    answered(sandbox, bot, "accounts/current_user/?edit=true", current)
    done = check()
    assert done.exit_code == 1
    assert "user.pk is bool, expected digits or number" in done.output
    assert "user.follower_count is missing" in done.output
    assert "Instagram says where the account is: DE (accounts/current_user/?edit=true user.country)" in done.output
    assert "192.0.2.7" in done.output


def test_it_waits_its_turn_in_the_lane(bot, sandbox, check):
    action = bot.place("follow-hashtag", hashtag="coffee", amount=2)
    assert check().exit_code == 0
    bot.drive(action)
    assert bot.progress(action).done == 2


def test_an_unknown_user_is_told_apart(app, world):
    done = app.test_cli_runner().invoke(args=["instagram-check", "nobody"])
    assert (done.exit_code, "USER_NOT_FOUND" in done.output) == (2, True)


def test_it_stops_when_instagram_pushes_back_and_the_bot_rests(bot, sandbox, check):
    sandbox.fault(bot.account, "following", "please_wait")
    done = check()
    assert done.exit_code == 3
    assert "INSTAGRAM_PLEASE_WAIT" in done.output
    assert "hashtag" not in done.output
    assert [one.kind for one in bot.rests()] == ["*"]
    assert "COOL_DOWN" in check().output


def test_ctrl_c_stops_it_after_the_present_read(bot, sandbox, check, monkeypatch):
    seen = []

    def look(asked):
        seen.append(instagram_check.look(asked))
        raise KeyboardInterrupt

    monkeypatch.setattr(instagram_check_command, "look", look)
    done = check()
    assert (done.exit_code, "Interrupted" in done.output) == (130, True)
    with tenant(bot.id, reading=True) as session:
        row = session.scalars(select(AccountRequest).where(AccountRequest.kind == "check")).one()
    assert row.status in ("failed", "done")


def test_a_recording_has_nothing_of_an_account_that_is_full_of_canaries(bot, sandbox, check, tmp_path):
    for path, contract in CONTRACTS.items():
        body = reply_of(contract, f"{WORD}_name https://{WORD}.example/?token={WORD}", NUMBER)
        if path.startswith("accounts/"):
            body["user"]["pk"] = own_id(bot)
        odd = {f"{WORD}_key": WORD, WORD: {str(NUMBER): [WORD]}, "error_type": f"{WORD}_required", "status": WORD}
        answered(sandbox, bot, path, body | odd)
    file = tmp_path / "recording.json"
    done = check("--record", str(file), typed="y\n")
    assert file.is_file(), done.output
    text = file.read_text()
    with identity(reading=True) as session:
        query = select(AuditEntry.detail).where(AuditEntry.event == "instagram_checked")
        assert session.scalars(query).one() == "with a recording"
    assert not [canary for canary in (*CANARIES, bot.account, "alice", own_id(bot)) if canary in text.lower()]
    saved = json.loads(text)
    assert {reply["path"] for reply in saved["replies"]} == CONTRACTS.keys()
    assert text in done.output
    assert {reply["path"] for reply in saved["replies"] if reply["shape"].get("error_type") != "=*_required"} == set()


def test_nothing_is_saved_without_a_yes_or_over_an_old_file(bot, check, tmp_path):
    file = tmp_path / "recording.json"
    assert check("--record", str(file), typed="n\n").exit_code == 1
    assert not file.exists()
    file.write_text("old")
    assert check("--record", str(file), typed="y\n").exit_code == 2
    assert file.read_text() == "old"


def test_the_commands_of_the_page_do_what_it_says(bot, app, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", tmp_path.as_uri())
    release = f"{CLIENT}-{version(CLIENT)}-py3-none-any.whl"
    (tmp_path / CLIENT).mkdir()
    (tmp_path / CLIENT / "index.html").write_text(f'<a href="{release}">{release}</a>')
    commands = re.findall(r"^    flask --app wsgi (instagram-check bea.*)$", PAGE.read_text(), re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        done = app.test_cli_runner().invoke(args=shlex.split(command.replace("bea", "alice")), input="y\n")
        assert done.exit_code == 0, done.output
        assert ("which is the newest release" in done.output) == ("--online" in command)
    assert json.loads((tmp_path / "shapes.json").read_text())["replies"]
