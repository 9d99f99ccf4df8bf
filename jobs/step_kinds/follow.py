"""follow: follow a person, or ask a private account to be let in."""

from dataclasses import replace

from bot.actions.filters import Filters
from bot.actions.targets import Target
from bot.steps.outcomes import Outcome
from jobs.instance import BotInstance
from jobs.step_kinds.step_kind import Place, Skip, looked_up


class Follow:
    absence_proves_failure = True

    def skip_if_handled(self, filters: Filters) -> bool:
        return filters.skip_followed_before

    def examine(self, bot: BotInstance, place: Place, target: Target) -> Target | Skip:
        known = looked_up(bot, place.step, target, place.filters)
        if isinstance(known, Skip):
            return known
        friendship = bot.client.friendship(known.known_id)
        if friendship.following or friendship.requested:
            return Skip("already_followed")
        if place.filters.skip_my_followers and friendship.followed_by:
            return Skip("follows_you")
        return replace(known, followed_us=friendship.followed_by)

    def act(self, bot: BotInstance, target: Target) -> Outcome:
        return Outcome("requested" if bot.client.follow(target.known_id).requested else None)

    def was_applied(self, bot: BotInstance, target: Target) -> Outcome | None:
        friendship = bot.client.friendship(target.known_id)
        if friendship.following or friendship.requested:
            return Outcome("requested" if friendship.requested else None)
        return None
