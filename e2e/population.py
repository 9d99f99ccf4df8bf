"""Who there is in the sandbox that journeys can name: the same people, posts and stories in every installation."""

import time
from collections.abc import Callable
from functools import cache

from sandbox.people import Person
from sandbox.posts import Post
from sandbox.world import World

# A journey may run over midnight, when other people show a story.
A_WHILE = 600


@cache
def world() -> World:
    """As a sandbox is that was told nothing."""
    return World()


def people(fits: Callable[[Person], bool], count: int) -> list[Person]:
    """The first people who fit."""
    everybody = world().people
    found = (person for number in range(everybody.count) if fits(person := everybody.numbered(number)))
    return [next(found) for _ in range(count)]


def public(person: Person) -> bool:
    return not person.is_private


def shows_story(person: Person) -> bool:
    """Whether a person whom strangers may look at shows a story, now and in a while."""
    stories, now = world().stories, time.time()
    return public(person) and all(stories.of(person, at) for at in (now, now + A_WHILE))


def shows_nothing(person: Person) -> bool:
    stories, now = world().stories, time.time()
    return public(person) and not any(stories.of(person, at) for at in (now, now + A_WHILE))


def post(post_id: str) -> Post:
    found = world().posts.with_id(post_id)
    assert found, post_id
    return found


def owner_of_picture(picture_id: str) -> str:
    """The username of who showed this picture of a story."""
    story = world().stories.with_id(picture_id)
    assert story, picture_id
    return story.owner.username
