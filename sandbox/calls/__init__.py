"""Every call that the sandbox answers, a file a noun."""

from sandbox.calls import (
    account,
    challenges,
    comments,
    device,
    direct,
    friendships,
    hashtags,
    legacy_sign_in,
    likes,
    news,
    people,
    sign_in,
    stories,
)
from sandbox.routing import Table

TABLE = Table(
    friendships.table,
    people.table,
    hashtags.table,
    likes.table,
    comments.table,
    news.table,
    stories.table,
    direct.table,
    account.table,
    device.table,
    sign_in.table,
    legacy_sign_in.table,
    challenges.table,
)
