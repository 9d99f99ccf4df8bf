"""Parts that all following actions share: who is skipped, and the follow itself."""

from dataclasses import replace

from bot.actions.targets import Search, Target
from bot.steps.outcomes import Outcome
from jobs.actions.kind import Skip, filters_of, looked_up
from jobs.instance import BotInstance


class Following:
    absence_proves_failure = True

    def skip_if_handled(self, work: Search) -> bool:
        return filters_of(work).skip_followed_before

    def examine(self, bot: BotInstance, work: Search, target: Target) -> Target | Skip:
        filters = filters_of(work)
        known = looked_up(bot, work, target, filters)
        if isinstance(known, Skip):
            return known
        friendship = bot.client.friendship(known.known_id)
        if friendship.following or friendship.requested:
            return Skip("already_followed")
        if filters.skip_my_followers and friendship.followed_by:
            return Skip("follows_you")
        return replace(known, followed_us=friendship.followed_by)

    def act(self, bot: BotInstance, target: Target) -> Outcome:
        return Outcome("requested" if bot.client.follow(target.known_id).requested else None)

    def was_applied(self, bot: BotInstance, target: Target) -> Outcome | None:
        friendship = bot.client.friendship(target.known_id)
        if friendship.following or friendship.requested:
            return Outcome("requested" if friendship.requested else None)
        return None
