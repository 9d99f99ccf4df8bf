"""Every recorded reply that comes while a bot works, through the real client: its name and what it says of delivery."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.core.errors import BotException
from jobs.instagram import InstagramAuth, InstagramClient, Linked, Story, StoryPicture
from sandbox.replies import cases
from tests.jobs.instagram.conftest import Sandbox, somebody
from tests.jobs.instagram.variants import variants

AT_WORK = [case for case in (*cases(), *variants()) if case["at"] == "work"]
ACCOUNT = "plain_01"
TOKEN = "7000000000000000001"

CALLS: dict[str, Callable[[InstagramClient], object]] = {
    "follow": lambda client: client.follow(somebody(client).id),
    "unfollow": lambda client: client.unfollow(somebody(client).id),
    "like": lambda client: client.like(client.hashtag_posts("coffee", tab="top").posts[0].id),
    "message": lambda client: client.send_message(somebody(client).id, "hello", TOKEN),
    "usernameinfo": lambda client: client.person("paper.lantern"),
    "friendship": lambda client: client.friendship("9000000001"),
    "media_info": lambda client: client.post("9000000001"),
    "story_seen": lambda client: client.see_story(Story([StoryPicture("5_7", 20)], 0)),
    "followers": lambda client: client.followers_page("9000000001"),
    "hashtag": lambda client: client.hashtag_posts("coffee", tab="recent"),
    "inbox": lambda client: client.inbox(),
    "thread": lambda client: client.thread_with("9000000001"),
    "story": lambda client: client.story("9000000005"),
}


@pytest.fixture(scope="module")
def linked(running_sandbox: Sandbox) -> Linked:
    running_sandbox.reset()
    linked = InstagramAuth(running_sandbox.endpoint).login(ACCOUNT, running_sandbox.password(ACCOUNT))
    assert isinstance(linked, Linked)
    return linked


@pytest.fixture(scope="module")
def client(running_sandbox: Sandbox, linked: Linked) -> Iterator[InstagramClient]:
    client = InstagramClient(linked.session, running_sandbox.endpoint)
    yield client
    client.close()


def ended(work: Callable[[], object]) -> BotException | None:
    try:
        work()
    except BotException as error:
        return error
    return None


def good_names(case: dict[str, Any]) -> set[str | None]:
    """What the client may raise; what only a whole list or action can end with is nothing to it."""
    names = {case["must"]["name"], *case["must"].get("accept", [])}
    of_lists = {"CANDIDATES_EXHAUSTED", "HASHTAG_EMPTY", "LIST_WORKED_OFF", "INSTAGRAM_LIST_LIMITED", None}
    return names - of_lists | ({None} if names & of_lists else set())


@pytest.mark.parametrize("case", AT_WORK, ids=lambda case: case["id"])
def test_the_client_names_each_reply_as_it_must(running_sandbox, client, linked, case):
    running_sandbox.clear_faults()
    [call] = case["calls"]
    # The post or the person is found before the reply is set; what goes along with a case comes after it.
    running_sandbox.meet({**case, "also": []}, ACCOUNT)
    if call == "current_user":
        error = ended(lambda: InstagramAuth(running_sandbox.endpoint).test_connection(linked.session))
    else:
        error = ended(lambda: CALLS[call](client))

    assert (error.name if error else None) in good_names(case)
    if error and case["must"]["delivered"] in ("no", "maybe") and call in ("follow", "unfollow", "like", "message"):
        assert error.meta["delivered"] == case["must"]["delivered"]
