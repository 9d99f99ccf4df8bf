"""The posts of an account of the sandbox, and the news of what people did for it."""

import itertools
from datetime import datetime, timedelta

import pytest

from sandbox.people import People
from sandbox.posts import Posts
from sandbox.world import World

PEOPLE = People(1, 100_000)
FIRST, SECOND, THIRD = itertools.islice((one for one in map(PEOPLE.numbered, range(99)) if not one.is_private), 3)


@pytest.fixture
def client(signed_in):
    return signed_in("plain_01")


def stories_of(client):
    news = client.news_inbox_v1()
    return [*news["new_stories"], *news["old_stories"]]


def follows(sandbox, person):
    sandbox.post("/followers", account="plain_01", username=person.username, follows=True)


def of_type(stories, number):
    return [one for one in stories if one["story_type"] == number]


def test_every_account_has_posts_of_its_own_that_are_known_by_their_ids():
    world = World()
    for account in world.accounts:
        posts = world.posts.of(account.person, 0, 100)

        assert len(posts) == account.person.posts == 6
        assert [world.posts.with_id(post.id) for post in posts] == posts
        assert {post.owner for post in posts} == {account.person}
    ids = [post.id for account in world.accounts for post in world.posts.of(account.person, 0, 100)]
    assert len(set(ids)) == len(ids)
    assert Posts(1, PEOPLE).with_id(ids[0]) is None


def test_the_owner_sees_hidden_likes_that_others_do_not(signed_in):
    world = World()
    accounts = [world.accounts.named(f"plain_{number:02}") for number in range(1, 11)]
    posts = ((account, post) for account in accounts for post in world.posts.of(account.person, 0, 6))
    account, post = next((account, post) for account, post in posts if post.hides_likes and post.likes)
    other = next(one.username for one in accounts if one is not account)

    shown = [signed_in(name).private_request(f"media/{post.id}/likers/") for name in (account.username, other)]

    numbers = [(one["user_count"], len({user["pk"] for user in one["users"]})) for one in shown]
    assert numbers == [(post.likes, post.likes), (min(3, post.likes), 0)]


def test_the_likes_of_own_posts_are_as_many_as_their_lists_have(client):
    posts = client.private_request(f"feed/user/{client.user_id}/")["items"]

    for post in posts:
        users = client.private_request(f"media/{post['id']}/likers/")
        assert users["user_count"] == post["like_count"]
        assert len({one["pk"] for one in users["users"]}) == post["like_count"]


def test_news_tell_of_likes_and_comments_of_the_own_posts(client):
    posts = client.private_request(f"feed/user/{client.user_id}/")["items"]
    stories = stories_of(client)

    liked = {one["args"]["media"][0]["id"] for one in of_type(stories, 60)}
    assert liked == {post["id"] for post in posts if post["like_count"]}
    commented = of_type(stories, 12)
    assert 0 < len(commented) <= sum(post["comment_count"] for post in posts)
    times = [one["args"]["timestamp"] for one in of_type(stories, 60) + commented]
    assert all(isinstance(at, float) for at in times)


def test_the_latest_likes_of_other_accounts_are_named_first(client, signed_in):
    post = client.private_request(f"feed/user/{client.user_id}/")["items"][0]
    signed_in("plain_02").media_like(post["id"])
    client.media_like(post["id"])

    [story] = [one for one in of_type(stories_of(client), 60) if one["args"]["media"][0]["id"] == post["id"]]

    assert story["args"]["profile_id"] == int(signed_in("plain_02").user_id)


def test_a_new_follower_is_named_with_how_the_account_stands_to_them(sandbox, client):
    follows(sandbox, FIRST)
    client.user_follow(FIRST.id)

    [story] = of_type(stories_of(client), 101)

    assert story["args"]["inline_follow"]["user_info"]["username"] == FIRST.username
    assert story["args"]["inline_follow"]["following"] is True
    assert story in client.news_inbox_v1()["new_stories"]


def test_followers_of_one_day_are_a_group_that_names_two(sandbox, client):
    now = datetime.fromisoformat(sandbox.post("/clock", seconds=0)["now"])
    noon = now.replace(hour=12, minute=0, second=0) + timedelta(days=1)
    sandbox.post("/clock", seconds=(noon - now).total_seconds())
    for person in (FIRST, SECOND, THIRD):
        follows(sandbox, person)
        sandbox.post("/clock", seconds=1)

    [story] = of_type(stories_of(client), 101)

    args = story["args"]
    assert (int(args["profile_id"]), int(args["second_profile_id"])) == (int(THIRD.id), int(SECOND.id))
    assert "and 1 others started following you." in args.get("rich_text", args.get("text"))
    assert "inline_follow" not in args


def test_what_was_new_is_old_a_day_later(sandbox, client):
    follows(sandbox, FIRST)
    assert of_type(client.news_inbox_v1()["new_stories"], 101)

    sandbox.post("/clock", seconds=86_401)

    assert not of_type(client.news_inbox_v1()["new_stories"], 101)
    assert of_type(client.news_inbox_v1()["old_stories"], 101)


def test_some_stories_have_the_form_of_older_apps_and_some_tell_of_no_one(client):
    stories = stories_of(client)

    old = [one for one in stories if "links" in one["args"]]
    assert old
    for story in old:
        link, text = story["args"]["links"][0], story["args"]["text"]
        assert PEOPLE.with_id(link["id"]).username == text[link["start"] : link["end"]]
        assert "notif_name" not in story
    assert {one["story_type"] for one in stories} >= {12, 60, 287, 328}
