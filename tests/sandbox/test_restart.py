"""What the sandbox still knows after it was stopped or killed and started again."""

import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from instagrapi import Client, exceptions

from sandbox.people import People
from tests.sandbox.conftest import new_client
from tests.support.sandbox_process import END_SECONDS, SandboxProcess

PEOPLE = 1_000
SOMEBODY = next(one for one in map(People(1, PEOPLE).numbered, range(PEOPLE)) if not one.is_private)


def stop(process: SandboxProcess) -> None:
    assert process.stop() == 0


def kill(process: SandboxProcess) -> None:
    process.process.kill()
    process.process.communicate(timeout=END_SECONDS)


class House:
    """One sandbox at a time over the same folder, and clients of whichever runs."""

    def __init__(self, folder: Path, exits: ExitStack) -> None:
        self.folder = folder
        self._exits = exits
        self.sandbox = self._start()

    @property
    def journal(self) -> Path:
        (path,) = self.folder.glob("*.jsonl")
        return path

    def restart(self, end: Callable[[SandboxProcess], None] = stop, *options: str) -> None:
        end(self.sandbox)
        self.sandbox = self._start(*options)

    def client(self, saved: dict[str, Any] | None = None, **options: Any) -> Client:
        client = new_client(self.sandbox.proxy, self.sandbox.write_ca(self.folder), saved, **options)
        self._exits.callback(client.private.close)
        return client

    def sign_in(self, username: str = "plain_01", saved: dict[str, Any] | None = None) -> Client:
        client = self.client(saved)
        client.login(username, self.sandbox.account(username)["password"])
        return client

    def _start(self, *options: str) -> SandboxProcess:
        keep = ("--people", str(PEOPLE), "--state-dir", str(self.folder))
        return self._exits.enter_context(SandboxProcess.start(0, *keep, *options))


@pytest.fixture
def house(tmp_path: Path, own_trust: None) -> Iterator[House]:
    with ExitStack() as exits:
        yield House(tmp_path / "state", exits)


@pytest.fixture
def end() -> Callable[[SandboxProcess], None]:
    """The worse of the ways to go."""
    return kill


@pytest.mark.parametrize("end", [stop, kill])
def test_a_session_its_acts_and_the_ledger_last(house, end):
    client = house.sign_in()
    post = client.user_medias_v1(SOMEBODY.id, 1)[0]
    other = client.hashtag_medias_recent_v1("coffee", 2)
    client.user_follow(SOMEBODY.id)
    client.media_like(post.id)
    client.media_like(other[0].id)
    client.media_unlike(other[0].id)
    client.story_seen([f"{post.pk}_{SOMEBODY.id}"])
    told = house.sandbox.ledger()

    house.restart(end)

    restored = house.client(client.get_settings())
    assert restored.account_info().username == "plain_01"
    assert restored.user_friendship_v1(SOMEBODY.id).following
    assert [one.username for one in restored.user_followers_v1(SOMEBODY.id, 1)] == ["plain_01"]
    assert restored.media_info_v1(post.pk).has_liked
    assert not restored.media_info_v1(other[0].pk).has_liked
    assert house.sandbox.ledger() == told
    assert [one["kind"] for one in told] == ["login", "follow", "like", "like", "unlike", "story_seen"]


def test_acts_go_on_where_they_ended(house, end):
    client = house.sign_in()
    client.user_follow(SOMEBODY.id)
    house.restart(end)
    house.client(client.get_settings()).user_unfollow(SOMEBODY.id)

    house.restart(end)

    restored = house.client(client.get_settings())
    assert not restored.user_friendship_v1(SOMEBODY.id).following
    assert [one["kind"] for one in house.sandbox.ledger()] == ["login", "follow", "unfollow"]


def test_how_far_a_story_was_seen_lasts(house, end):
    client = house.sign_in()
    ids = (str(2_000_000_000 + number) for number in range(100))
    story = next(found for one in ids if (found := client.user_stories_v1(one)))[-1]
    client.media_seen([story.id])

    house.restart(end)

    reel = house.client(client.get_settings()).private_request(f"feed/user/{story.user.pk}/story/")["reel"]
    assert reel["seen"] == story.taken_at.timestamp()


def test_threads_and_messages_last(house, end):
    client = house.sign_in()
    sent = client.direct_send("hello 🌱", [int(SOMEBODY.id)])
    house.sandbox.post("/messages", account="plain_01", username=SOMEBODY.username, text="stop")
    before = [one.model_dump() for one in client.direct_messages(sent.thread_id)]

    house.restart(end)

    restored = house.client(client.get_settings())
    assert [one.model_dump() for one in restored.direct_messages(sent.thread_id)] == before
    assert [one["text"] for one in before] == ["stop", "hello 🌱"]
    assert house.sandbox.targets("plain_01", "message") == [SOMEBODY.username]


def test_what_people_did_and_will_answer_lasts(house, end):
    everybody = [one for one in map(People(1, PEOPLE).numbered, range(PEOPLE)) if one.is_private]
    private, asked = everybody[:2]
    client = house.sign_in()
    client.user_follow(asked.id)
    house.sandbox.post("/scripts", username="*", reply="later", after=600, follow_back=True, accept=True)
    client.user_follow(private.id)
    thread = client.direct_send("hello", [int(SOMEBODY.id)]).thread_id
    house.sandbox.post("/clock", seconds=300)

    house.restart(end)
    house.restart(end)

    restored = house.client(client.get_settings())
    friendship = restored.user_friendship_v1(private.id)
    assert (friendship.following, friendship.followed_by) == (True, True)
    assert restored.user_friendship_v1(asked.id).outgoing_request
    assert [one.text for one in restored.direct_messages(thread)] == ["hello"]
    house.sandbox.post("/clock", seconds=300)
    assert [one.text for one in restored.direct_messages(thread)] == ["later", "hello"]
    house.restart(end)
    assert [one.text for one in house.client(client.get_settings()).direct_messages(thread)] == ["later", "hello"]
    assert house.sandbox.get("/scripts") == []


def test_what_was_done_before_counts_against_a_limit(house, end):
    client = house.sign_in("strict")
    for number in range(3):
        client.user_follow(str(2_000_000_000 + number))

    house.restart(end)

    with pytest.raises(exceptions.FeedbackRequired):
        house.client(client.get_settings()).user_follow("2000000003")


def test_a_session_that_was_ended_stays_ended(house, end):
    out, ended, alive = house.sign_in("plain_01"), house.sign_in("plain_02"), house.sign_in("plain_01")
    saved = out.get_settings()
    out.logout()
    house.sandbox.end_sessions("plain_02")

    house.restart(end)

    for settings in (saved, ended.get_settings()):
        with pytest.raises(exceptions.LoginRequired):
            house.client(settings).account_info()
    assert house.client(alive.get_settings()).account_info().username == "plain_01"


def test_a_solved_and_a_confirmed_challenge_are_not_asked_again(house, end):
    account = house.sandbox.account("challenge_email")
    saved, question = _challenged(house, account)
    assert house.client(saved, code=account["code"]).challenge_resolve(question)
    house.sandbox.post("/challenges/confirm", account="challenge_phone_only")

    house.restart(end)

    assert house.sign_in("challenge_email").account_info().username == "challenge_email"
    assert house.sign_in("challenge_phone_only").account_info().username == "challenge_phone_only"
    assert house.sandbox.targets("challenge_email", "challenge_solved") == ["challenge_email"]


def test_a_mailed_code_is_still_waited_for(house, end):
    account = house.sandbox.account("challenge_email")
    saved, question = _challenged(house, account)
    with pytest.raises(exceptions.ChallengeRequired):
        house.client(saved).challenge_resolve(question)

    house.restart(end)

    assert house.client(saved, code=account["code"]).challenge_resolve(question)
    assert len(house.sandbox.targets("challenge_email", "code_sent")) == 1


def test_a_reset_forgets_it_for_good(house, end):
    client = house.sign_in()
    client.user_follow(SOMEBODY.id)
    house.sandbox.reset()
    later = house.sign_in("plain_02")

    house.restart(end)

    with pytest.raises(exceptions.LoginRequired):
        house.client(client.get_settings()).account_info()
    assert not house.client(later.get_settings()).user_friendship_v1(SOMEBODY.id).following
    assert [one["account"] for one in house.sandbox.ledger()] == ["plain_02"]


def test_commands_to_go_wrong_do_not_last(house):
    house.sandbox.fault("plain_01", "follow", "throttled", count=9)

    house.restart()

    assert house.sandbox.get("/faults") == []


def test_a_line_that_a_death_cut_short_is_dropped_and_the_next_one_is_whole(house):
    client = house.sign_in()
    kill(house.sandbox)
    with house.journal.open("ab") as file:
        file.write(b'[1.5,"follow","plain_')

    house.restart(kill)
    house.client(client.get_settings()).user_follow(SOMEBODY.id)
    house.restart()

    assert [one["kind"] for one in house.sandbox.ledger()] == ["login", "follow"]


@pytest.mark.parametrize("damage", [b"\0\0\0\n", b"{}\n", b'[1.5,"unheard_of","plain_01",[],["1"]]\n'])
def test_a_damaged_journal_is_named_and_not_written_over(house, damage, capfd):
    house.sign_in()
    stop(house.sandbox)
    kept = damage + house.journal.read_bytes()
    house.journal.write_bytes(kept)

    with pytest.raises(RuntimeError, match="ended with 1"):
        house.restart()

    assert house.journal.read_bytes() == kept
    assert f"line 1 of {house.journal};" in capfd.readouterr().err


def test_the_journal_is_for_its_owner_alone(house):
    house.sign_in()

    assert stat.S_IMODE(house.journal.stat().st_mode) == 0o600


def test_other_people_are_another_world(house):
    client = house.sign_in()

    house.restart(stop, "--seed", "2")
    assert house.sandbox.ledger() == []

    house.restart()
    assert house.client(client.get_settings()).account_info().username == "plain_01"


def _challenged(house: House, account: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Signs in as far as the challenge: the settings of that client, and Instagram's question."""
    client = house.client()
    with pytest.raises(exceptions.ChallengeRequired):
        client.login(account["username"], account["password"])
    return client.get_settings(), client.last_json


def test_what_waits_to_be_let_in_and_what_is_no_text_lasts(house, end):
    client = house.sign_in()
    house.sandbox.post("/scripts", username=SOMEBODY.username, reply="", kind="like", after=60.0)
    client.direct_send("hello", [int(SOMEBODY.id)])
    stranger = next(one for one in map(People(1, PEOPLE).numbered, range(500, PEOPLE)) if one != SOMEBODY)
    house.sandbox.post("/messages", account="plain_01", username=stranger.username, kind="voice_media", pending=True)
    saved = client.get_settings()

    house.restart(end)
    house.sandbox.post("/clock", seconds=61)
    again = house.client(saved)

    assert [one.messages[0].item_type for one in again.direct_pending_inbox()] == ["voice_media"]
    assert [[one.item_type for one in thread.messages] for thread in again.direct_threads()] == [["like", "text"]]


def test_a_code_that_was_sent_is_taken_after_a_restart(house, end):
    account, client = house.sandbox.account("two_factor_sms"), house.client()
    with pytest.raises(exceptions.TwoFactorRequired) as stopped:
        client.login(account["username"], account["password"])
    context = stopped.value.two_step_verification_context
    client.bloks_two_step_verification_entrypoint(context)
    saved = client.get_settings()

    house.restart(end)
    again = house.client(saved)
    reply = again.bloks_two_step_verification_verify_code(context, account["code"], challenge="sms")

    assert again.bloks_apply_login_response(reply)
