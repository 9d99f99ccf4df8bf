"""Likes of a post: those of people by the seed, and those of the sandbox's accounts."""

import math

from sandbox.accounts import Account
from sandbox.people import Person
from sandbox.posts import Post
from sandbox.world import World


def like_count(world: World, account: Account, post: Post, as_of: float = math.inf) -> int:
    """Return the number of likes. The account's own like counts as of a moment; see `World.likes`."""
    others = world.state.likes.get(post.id, {}).keys() - {account.id}
    return post.likes + len(others) + world.likes(account, post, as_of)


def likers(world: World, post: Post, most: int) -> list[Person]:
    """Return some of the people who like a post: first the sandbox's accounts, the latest like in front."""
    known = [person for one in reversed(world.state.likes.get(post.id, {})) if (person := world.person(one))]
    return (known + world.posts.likers(post, most))[:most]
