"""Every refusal of Instagram: what the unmodified client makes of it, and what took effect."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import requests
from instagrapi import exceptions

from local.processes import wait_until

REPLY_SECONDS = 10
SOMEBODY = "2000000042"


@dataclass(frozen=True)
class Case:
    fault: str
    raises: type[Exception]
    says: str = ""


CASES = [
    Case("login_required", exceptions.LoginRequired, "login_required"),
    Case("feedback_required", exceptions.FeedbackRequired, "feedback_required"),
    Case("please_wait", exceptions.PleaseWaitFewMinutes, "Please wait a few minutes"),
    Case("throttled", exceptions.ClientThrottledError, "Too many requests"),
    Case("challenge", exceptions.ChallengeRequired, "legacy challenge flow"),
    Case("server_error", exceptions.ClientError, "an error occurred"),
    Case("html", exceptions.ClientJSONDecodeError, ""),
    Case("suspended", exceptions.AccountSuspended, ""),
    Case("consent", exceptions.UnknownError, "consent_required"),
    Case("private", exceptions.PrivateAccount, "Not authorized to view user"),
    Case("messages_closed", exceptions.UnknownError, "allow new message requests"),
    Case("cut", exceptions.ClientConnectionError, ""),
]
BEHAVIOURS = {
    "blocked_follow": exceptions.FeedbackRequired,
    "logged_out": exceptions.LoginRequired,
    "challenged": exceptions.ChallengeRequired,
    "please_wait": exceptions.PleaseWaitFewMinutes,
    "throttled": exceptions.ClientThrottledError,
    "server_error": exceptions.ClientError,
    "html": exceptions.ClientJSONDecodeError,
    "cut": exceptions.ClientConnectionError,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
def test_a_fault_meets_the_next_call_and_is_over(sandbox, signed_in, case):
    client = signed_in("plain_01")
    sandbox.fault("plain_01", "follow", case.fault)

    with pytest.raises(case.raises) as refused:
        client.user_follow(SOMEBODY)

    assert type(refused.value) is case.raises
    assert case.says in str(refused.value)
    assert sandbox.requests("plain_01")["follow"] == 1
    assert len(sandbox.ledger("plain_01", "follow")) == (case.fault == "cut")
    if case.fault != "login_required":
        assert client.user_info_v1(SOMEBODY)
    assert sandbox.get("/faults") == []


@pytest.mark.parametrize(("behaviour", "raises"), BEHAVIOURS.items())
def test_a_named_account_signs_in_and_reads_but_meets_its_fault_when_it_acts(sandbox, signed_in, behaviour, raises):
    client = signed_in(behaviour)
    assert client.account_info().username == behaviour
    assert client.hashtag_medias_recent_v1("coffee", 1)

    with pytest.raises(raises):
        client.user_follow(SOMEBODY)

    assert len(sandbox.ledger(behaviour, "follow")) == (behaviour == "cut")


@pytest.mark.parametrize(
    ("behaviour", "raises"), [("suspended", exceptions.AccountSuspended), ("consent", exceptions.UnknownError)]
)
def test_a_named_account_signs_in_and_is_refused_whatever_it_asks(sandbox, signed_in, behaviour, raises):
    client = signed_in(behaviour)

    for work in (
        client.account_info,
        client.direct_threads,
        lambda: client.hashtag_medias_recent_v1("coffee", 1),
        lambda: client.user_info_v1(SOMEBODY),
        lambda: client.user_follow(SOMEBODY),
    ):
        with pytest.raises(raises):
            work()

    assert [one["kind"] for one in sandbox.ledger(behaviour)] == ["login"]


def test_a_blocked_follow_blocks_nothing_else(signed_in):
    client = signed_in("blocked_follow")

    assert client.media_like(client.hashtag_medias_recent_v1("coffee", 1)[0].id)


def test_a_fault_for_so_many_calls_meets_just_those(sandbox, signed_in):
    client = signed_in("plain_01")
    sandbox.fault("plain_01", "user_info", "throttled", count=2)

    for _ in range(2):
        with pytest.raises(exceptions.ClientThrottledError):
            client.user_info_v1(SOMEBODY)

    assert client.user_info_v1(SOMEBODY).pk == SOMEBODY


def test_a_fault_meets_no_other_account_and_no_other_call(sandbox, signed_in):
    client, other = signed_in("plain_01"), signed_in("plain_02")
    sandbox.fault("plain_01", "follow", "feedback_required")

    assert other.user_follow(SOMEBODY)
    assert client.user_info_v1(SOMEBODY)
    with pytest.raises(exceptions.FeedbackRequired):
        client.user_follow(SOMEBODY)


def test_a_fault_may_be_for_everybody_and_for_any_call(sandbox, signed_in, fresh_client):
    clients = [signed_in("plain_01"), signed_in("plain_02")]
    sandbox.fault("*", "any", "please_wait", count=3)

    for client in clients:
        with pytest.raises(exceptions.PleaseWaitFewMinutes):
            client.account_info()
    with pytest.raises(exceptions.ClientError):
        fresh_client().login("plain_03", sandbox.account("plain_03")["password"])


def test_a_group_of_calls_leaves_signing_in_alone(sandbox, signed_in):
    sandbox.fault("plain_01", "work", "throttled", count=2)
    client = signed_in("plain_01")

    with pytest.raises(exceptions.ClientThrottledError):
        client.account_info()
    with pytest.raises(exceptions.ClientThrottledError):
        client.user_info_v1(SOMEBODY)


def test_faults_can_be_taken_back(sandbox, signed_in):
    client = signed_in("plain_01")
    sandbox.fault("plain_01", "any", "server_error", count=100)
    sandbox.clear_faults()

    assert client.account_info()


@pytest.mark.parametrize(
    ("fault", "status", "raises"),
    [
        ("login_required", 401, exceptions.ClientUnauthorizedError),
        ("server_error", 572, exceptions.ClientError),
        ("please_wait", 400, exceptions.PleaseWaitFewMinutes),
    ],
)
def test_a_fault_may_come_with_another_status(sandbox, signed_in, fault, status, raises):
    client = signed_in("plain_01")
    sandbox.fault("plain_01", "user_info", fault, status=status)

    with pytest.raises(raises):
        client.user_info_v1(SOMEBODY)

    assert client.last_response.status_code == status


def test_a_logged_out_session_is_over_and_its_account_is_still_known(sandbox, signed_in):
    client, other_device = signed_in("plain_01"), signed_in("plain_01")
    sandbox.fault("plain_01", "follow", "login_required")
    with pytest.raises(exceptions.LoginRequired):
        client.user_follow(SOMEBODY)

    for device in (client, other_device):
        with pytest.raises(exceptions.LoginRequired):
            device.account_info()

    assert sandbox.requests("plain_01")["current_user"] == 2
    assert signed_in("plain_01").account_info()


def test_instagram_can_end_the_sessions_of_an_account(sandbox, signed_in):
    client, other = signed_in("plain_01"), signed_in("plain_02")

    sandbox.end_sessions("plain_01")

    with pytest.raises(exceptions.LoginRequired):
        client.account_info()
    assert other.account_info()


def test_a_challenge_in_the_middle_of_work_is_solved_by_its_code(sandbox, signed_in, fresh_client):
    account = sandbox.account("challenged")
    client = signed_in("challenged")
    with pytest.raises(exceptions.ChallengeRequired):
        client.user_follow(SOMEBODY)
    question, saved = client.last_json, client.get_settings()

    assert fresh_client(saved, code=account["code"]).challenge_resolve(question)

    assert fresh_client(saved).user_follow(SOMEBODY)
    kinds = [one["kind"] for one in sandbox.ledger("challenged")]
    assert kinds == ["login", "code_sent", "challenge_solved", "follow"]


def test_a_hang_ends_by_the_clients_own_timeout_and_nothing_was_done(sandbox, signed_in):
    client = signed_in("plain_01", timeout=0.5)
    sandbox.fault("plain_01", "follow", "hang")

    with pytest.raises(requests.exceptions.Timeout):
        client.user_follow(SOMEBODY)

    assert sandbox.requests("plain_01")["follow"] == 1
    assert sandbox.targets("plain_01", "follow") == []
    assert client.user_follow(SOMEBODY)


def test_a_hang_may_have_been_processed(sandbox, signed_in):
    client = signed_in("plain_01", timeout=0.5)
    sandbox.fault("plain_01", "follow", "hang", processed=True)

    with pytest.raises(requests.exceptions.Timeout):
        client.user_follow(SOMEBODY)

    assert len(sandbox.targets("plain_01", "follow")) == 1


def test_a_reset_lets_go_of_what_hangs(sandbox, signed_in):
    client = signed_in("plain_01")
    sandbox.fault("plain_01", "follow", "hang")
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(client.user_follow, SOMEBODY)
        assert wait_until(lambda: "follow" in sandbox.requests("plain_01"), REPLY_SECONDS)

        sandbox.reset()

        assert isinstance(following.exception(REPLY_SECONDS), exceptions.ClientConnectionError)
    assert sandbox.ledger() == []


def test_an_account_may_hang_at_sign_in(sandbox, fresh_client):
    account = sandbox.account("hangs_at_sign_in")

    with pytest.raises(requests.exceptions.Timeout):
        fresh_client(timeout=0.5).login(account["username"], account["password"])


def test_an_account_may_hang_when_it_acts(sandbox, signed_in):
    client = signed_in("hangs", timeout=0.5)

    with pytest.raises(requests.exceptions.Timeout):
        client.user_follow(SOMEBODY)
    assert sandbox.targets("hangs", "follow") == []


def test_a_connection_dropped_before_the_reply_makes_the_client_send_twice(sandbox, signed_in):
    """curl does that by itself on a warm connection: whoever acts at most once must know."""
    client = signed_in("plain_01")
    sandbox.fault("plain_01", "follow", "drop")

    assert client.user_follow(SOMEBODY)

    assert len(sandbox.targets("plain_01", "follow")) == 2


@pytest.fixture
def lose(sandbox, signed_in):
    """Does one act whose every reply is lost; gives what the ledger has of it then."""
    client = signed_in("plain_01")
    person = next(one for one in map(str, range(2_000_000_000, 2_000_000_099)) if client.user_stories_v1(one))
    story, post = client.user_stories_v1(person)[0], client.hashtag_medias_recent_v1("coffee", 1)[0]
    client.user_follow(person)
    acts = {
        "message": lambda: client.direct_send("hello", [int(person)]),
        "like": lambda: client.media_like(post.id),
        "story_seen": lambda: client.media_seen([story.id]),
        "unfollow": lambda: client.user_unfollow(person),
    }

    def lose(act: str, fault: str, **more: object) -> int:
        sandbox.fault("plain_01", act, fault, count=9, **more)
        with pytest.raises(exceptions.ClientConnectionError):
            acts[act]()
        return len(sandbox.targets("plain_01", act))

    return lose


@pytest.mark.parametrize("act", ["message", "like", "story_seen", "unfollow"])
def test_every_act_can_lose_its_reply_or_its_request(lose, sandbox, act):
    assert lose(act, "cut", processed=False) == 0
    sandbox.clear_faults()
    assert lose(act, "cut") == 1


@pytest.mark.parametrize("act", ["message", "like", "story_seen", "unfollow"])
def test_an_act_dropped_before_it_was_processed_is_lost_however_often_it_comes(lose, act):
    assert lose(act, "drop", processed=False) == 0


@pytest.mark.parametrize(("act", "delivered"), [("message", 1), ("like", 2), ("story_seen", 2), ("unfollow", 2)])
def test_an_act_dropped_after_it_was_processed_comes_twice_and_a_message_counts_once(lose, act, delivered):
    assert lose(act, "drop") == delivered


def test_a_fault_may_strike_a_share_of_the_calls_the_same_ones_each_time(sandbox, signed_in):
    def struck() -> list[bool]:
        sandbox.reset()
        client = signed_in("plain_01")
        sandbox.fault("plain_01", "user_info", "throttled", count=100, share=0.3)
        return [_throttled(client) for _ in range(100)]

    first = struck()

    assert 15 < sum(first) < 45
    assert sandbox.get("/faults")[0]["count"] == 100 - sum(first)
    assert struck() == first


def test_a_share_strikes_no_more_often_than_it_was_told(sandbox, signed_in):
    client = signed_in("plain_01")
    sandbox.fault("*", "work", "throttled", count=2, share=0.5)

    assert sum(_throttled(client) for _ in range(40)) == 2
    assert sandbox.get("/faults") == []


def _throttled(client) -> bool:
    try:
        client.user_info_v1(SOMEBODY)
    except exceptions.ClientThrottledError:
        return True
    return False


def test_latency_holds_every_reply_back(sandbox, signed_in):
    client = signed_in("plain_01")

    sandbox.post("/latency", ms=200)
    client.account_info()

    assert client.last_response.elapsed.total_seconds() >= 0.2
