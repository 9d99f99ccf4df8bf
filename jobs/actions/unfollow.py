"""unfollow: unfollow people that this bot followed some days ago, except those on the keep lists."""

from typing import cast

from bot.actions.past_follows import followed
from bot.actions.targets import Candidate, Search, Target
from bot.steps.outcomes import Outcome
from jobs.actions.kind import Found, Skip, is_own
from jobs.instance import BotInstance


class Unfollow:
    """Unfollows of people the bot followed.

    They come from the bot's own records and not from Instagram, so no follow by the user's own hand is undone.
    """

    absence_proves_failure = True

    def skip_if_handled(self, work: Search) -> bool:
        return False

    def find(self, bot: BotInstance, work: Search) -> Found:
        days, keep = cast(int, work.params["older_than_days"]), cast(list[str], work.params["keep"])
        people, cursor = followed(bot.user_id, days, keep, work.cursor)
        return Found([Candidate(name, name, instagram_id) for name, instagram_id in people], cursor)

    def examine(self, bot: BotInstance, work: Search, target: Target) -> Target | Skip:
        if is_own(bot, work, target):
            return Skip("own_account")
        friendship = bot.client.friendship(target.known_id)
        if not friendship.following and not friendship.requested:
            return Skip("not_followed_any_more")
        if work.params["only_not_following_back"] and friendship.followed_by:
            return Skip("follows_back")
        return target

    def act(self, bot: BotInstance, target: Target) -> Outcome:
        bot.client.unfollow(target.known_id)
        return Outcome()

    def was_applied(self, bot: BotInstance, target: Target) -> Outcome | None:
        friendship = bot.client.friendship(target.known_id)
        return None if friendship.following or friendship.requested else Outcome()
