"""The contracts are those of the readers: all that they look at, and what they cannot do without."""

import ast
import copy
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from bot.core.errors import BotException
from jobs.instagram import InstagramClient
from jobs.instagram.comments import read_comments
from jobs.instagram.contracts import CONTRACTS, differences
from jobs.instagram.news import read_news
from jobs.instagram.people import read_friendship, read_likers, read_own_counts, read_people_page, read_person
from jobs.instagram.posts import read_post, read_posts_page, read_user_posts
from jobs.instagram.shapes import shape_of
from jobs.instagram.stories import read_story
from jobs.instagram.threads import read_inbox, read_thread
from tests.jobs.instagram.conftest import Sandbox, SignIn
from tests.structure.source import ROOT, tree
from tests.support.contract_replies import reply_of

OWN = "1"
READERS: dict[str, Callable[[Any], object]] = {
    "accounts/current_user/?edit=true": lambda reply: str(reply["user"]["pk"]),
    "users/{}/usernameinfo/": lambda reply: read_person(reply["user"]),
    "friendships/{}/followers/": read_people_page,
    "friendships/{}/following/": read_people_page,
    "tags/{}/sections/": read_posts_page,
    "media/{}/info/": lambda reply: read_post(reply["items"][0]),
    "media/{}/likers/": read_likers,
    "media/{}/comments/": lambda reply: read_comments(reply, None),
    "news/inbox/": read_news,
    "feed/user/{}/": lambda reply: read_user_posts(reply, OWN),
    "feed/user/{}/story/": lambda reply: read_story(reply.get("reel")),
    "friendships/show/{}/": read_friendship,
    "users/{}/info/": lambda reply: read_own_counts(reply["user"]),
    "direct_v2/inbox/": lambda reply: read_inbox(reply, OWN),
    "direct_v2/pending_inbox/": lambda reply: read_inbox(reply, OWN),
    "direct_v2/threads/get_by_participants/": lambda reply: read_thread(reply["thread"], OWN),
    "direct_v2/threads/{}/": lambda reply: read_thread(reply["thread"], OWN),
}
# Parts of a message that only some kinds have: tests/jobs/instagram/test_message_text.py has them all.
OF_SOME_MESSAGES = "items[]."


class Traced(dict):
    """An object of a reply that notes the place of each field that is looked at."""

    def __init__(self, content: dict[str, Any], place: str, looked: set[str]) -> None:
        super().__init__(
            {name: traced(value, f"{place}.{name}" if place else name, looked) for name, value in content.items()}
        )
        self.place, self.looked = place, looked

    def __getitem__(self, name: str) -> Any:
        self.looked.add(f"{self.place}.{name}" if self.place else name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.looked.add(f"{self.place}.{name}" if self.place else name)
        return super().get(name, default)


def traced(value: Any, place: str, looked: set[str]) -> Any:
    if isinstance(value, dict):
        return Traced(value, place, looked)
    return [traced(one, f"{place}[]", looked) for one in value] if isinstance(value, list) else value


def test_every_read_has_a_contract_and_a_reader():
    assert CONTRACTS.keys() == READERS.keys()


# A reader looks at other fields if these are not there.
GONE = (("pk",), ("pk", "pk_id"), ("id",), ("has_anonymous_profile_picture",))


def without(value: Any, names: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [without(one, names) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: without(inner, names) for name, inner in value.items() if name not in names}


@pytest.mark.parametrize("path", CONTRACTS)
def test_a_reader_looks_at_nothing_that_is_not_in_the_contract(path):
    looked: set[str] = set()
    for names in ((), *GONE):
        with suppress(BotException, KeyError):
            READERS[path](traced(without(reply_of(CONTRACTS[path]), names), "", looked))
    own = {place for place in looked if OF_SOME_MESSAGES not in place or place in CONTRACTS[path]}
    assert own - CONTRACTS[path].keys() == set()
    assert {place for place in CONTRACTS[path] if not place.endswith("[]")} - looked == set()


def needed(contract: dict[str, str]) -> list[str]:
    return [place for place, types in contract.items() if not types.endswith("?") and not place.endswith("[]")]


NEEDED = [(path, place) for path, contract in CONTRACTS.items() for place in needed(contract)]


@pytest.mark.parametrize(("path", "place"), NEEDED)
def test_a_needed_field_that_is_missing_or_of_another_type_is_told(path, place):
    whole = reply_of(CONTRACTS[path])
    assert differences(path, shape_of(whole)) == []
    for odd, words in ((None, "missing"), (True, "is bool"), ([1], "is list")):
        broken = copy.deepcopy(whole)
        for parent, name in parents_of(broken, place):
            if odd is None:
                del parent[name]
            else:
                parent[name] = odd
        told = differences(path, shape_of(broken))
        kinds = CONTRACTS[path][place].split("|")
        if words.rpartition(" ")[2] not in kinds:
            assert any(line.startswith(place) and words in line for line in told), told


def parents_of(reply: Any, place: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects that have the field, and its name."""
    first, _, rest = place.partition(".")
    name, listed = first.removesuffix("[]"), first.endswith("[]")
    if not rest:
        yield reply, name
        return
    for inner in reply[name] if listed else [reply[name]]:
        yield from parents_of(inner, rest)


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ({".": "object"}, ["users is missing"]),
        ({".": "object", "users": "list"}, []),
        ({".": "object", "users": "null"}, ["users is null, expected list"]),
        (
            {".": "object", "users": "list", "users[]": "object", "users[].pk": "number", "users[].username": "digits"},
            [],
        ),
        (
            {".": "object", "users": "list", "users[]": "object", "users[].username": "absent|text"},
            ["users[].username is missing"],
        ),
        (
            {".": "object", "users": "list", "next_max_id": "object"},
            ["next_max_id is object, expected null or number or text"],
        ),
    ],
)
def test_what_is_told(shape, told):
    assert differences("friendships/{}/followers/", shape) == told


def test_what_the_sandbox_answers_keeps_the_contracts(sandbox: Sandbox, sign_in: SignIn):
    seen: dict[str, list[str]] = {}

    def compare(answered: Any, failure: BotException | None) -> None:
        assert failure is None
        seen[answered.path] = differences(answered.path, shape_of(answered.body))

    client = InstagramClient(sign_in().session, sandbox.endpoint, observe=compare)
    client.own_account()
    posts = client.hashtag_posts("coffee", tab="recent").posts
    author = posts[0].author
    client.person(author.username)
    public = next(post for post in posts if not client.person(post.author.username).is_private)
    client.post(posts[0].id)
    client.likers(public.id)
    client.news()
    client.comments_page(public.id)
    client.user_posts(public.author.id)
    client.story(author.id)
    client.friendship(author.id)
    client.followers_page(client.own_id)
    client.own_counts()
    client.following_page(client.own_id)
    sandbox.post("/messages", account="plain_01", username=author.username, text="hello")
    [thread] = client.inbox().threads
    client.inbox(requests=True)
    client.thread_with(author.id)
    client.thread(thread.id, "")
    client.close()
    assert seen.keys() == CONTRACTS.keys()
    assert not any(seen.values()), seen


ACTS = {"follow", "unfollow", "like", "see_story", "send_message"}
# Made of other reads.
OF_OTHERS = {"hashtag_page", "post_with_code"}
# The fields of its reply are ids, which no contract can name.
UNNAMED = {"friendships"}


def test_a_check_makes_every_read_that_the_client_knows():
    (client,) = (node for node in tree(ROOT / "jobs/instagram/client.py").body if isinstance(node, ast.ClassDef))
    observed = {
        method.name
        for method in client.body
        if isinstance(method, ast.FunctionDef) and "observed" in [ast.unparse(one) for one in method.decorator_list]
    }
    called = {node.attr for node in ast.walk(tree(ROOT / "jobs/instagram_check.py")) if isinstance(node, ast.Attribute)}
    assert observed >= ACTS | OF_OTHERS
    assert observed - ACTS - OF_OTHERS - UNNAMED - called == set()
    assert called & ACTS == set()
