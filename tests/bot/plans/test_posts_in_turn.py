"""Searches that go from post to post."""

from types import SimpleNamespace

import pytest

from bot.core.errors import BotException
from bot.plans.posts_in_turn import PostsInTurn
from bot.plans.sources.likers_of_accounts import LikersOfAccounts
from bot.plans.sources.likers_of_hashtags import LikersOfHashtags

ANN = SimpleNamespace(id="1", username="ann")


def post(number, *, pinned=False):
    return SimpleNamespace(id=f"{number}_9", pinned=pinned)


class Reads:
    """Posts and those who like them, where 13 was taken down and 14 cannot be read."""

    def __init__(self, *posts, cursor=None):
        self.page = SimpleNamespace(posts=posts, cursor=cursor)
        self.asked = []

    def user_posts(self, user_id):
        self.asked.append(("posts", user_id))
        return self.page

    def hashtag_posts(self, tag, *, tab, cursor):
        self.asked.append((tag, tab, cursor))
        return self.page

    def likers(self, media_id):
        self.asked.append(("likers", media_id))
        if media_id in ("13", "14"):
            raise BotException("INSTAGRAM_POST_NOT_FOUND" if media_id == "13" else "INSTAGRAM_UNREADABLE")
        return SimpleNamespace(people=[ANN], cursor=None, limited=True)


def search(source, part, reads):
    """Everybody that a search finds, page by page, until its end."""
    person = lambda name: SimpleNamespace(id=f"id-{name}", username=name)  # noqa: E731
    bot = SimpleNamespace(user_id="u", client=reads, person=person)
    found, cursor = [], None
    while True:
        page = source.find(bot, part, cursor, "person")
        assert not page.limited
        found.append([one.target for one in page.candidates])
        cursor = page.cursor
        if cursor is None or len(found) > 5:
            return found


def test_the_last_posts_come_one_by_one_and_pinned_ones_are_not_the_last():
    reads = Reads(post(10, pinned=True), post(11), post(12), post(15))
    assert search(LikersOfAccounts(of=["roaster"], last=2), {"account": "roaster"}, reads) == [[], ["ann"], ["ann"]]
    assert reads.asked == [("posts", "id-roaster"), ("likers", "11"), ("likers", "12")]


def test_pinned_posts_are_better_than_none_and_nobody_posts_is_the_end():
    reads = Reads(post(10, pinned=True))
    assert search(LikersOfAccounts(of=["roaster"]), {"account": "roaster"}, reads) == [[], ["ann"]]
    assert search(LikersOfAccounts(of=["roaster"]), {"account": "roaster"}, Reads()) == [[]]


def test_a_hashtag_goes_on_with_its_next_page_after_the_posts_of_the_first():
    reads = Reads(post(11), cursor="more")
    source = LikersOfHashtags(tags=["coffee"])
    assert search(source, {"hashtag": "coffee"}, reads)[:4] == [[], ["ann"], [], ["ann"]]
    assert reads.asked[:3] == [("coffee", "recent", None), ("likers", "11"), ("coffee", "recent", "more")]


def test_a_post_that_was_taken_down_is_passed_and_other_failures_are_told():
    assert search(LikersOfAccounts(of=["roaster"]), {"account": "roaster"}, Reads(post(13), post(11))) == [
        [],
        [],
        ["ann"],
    ]
    with pytest.raises(BotException, match="INSTAGRAM_UNREADABLE"):
        search(LikersOfAccounts(of=["roaster"]), {"account": "roaster"}, Reads(post(14)))


def test_a_cursor_has_room_for_the_posts_of_a_page():
    waiting = PostsInTurn.of([post(3_400_000_000_000_000_000 + number) for number in range(40)], "x" * 900)
    assert len(waiting.cursor) < 2000
    assert PostsInTurn.read(waiting.cursor) == waiting
