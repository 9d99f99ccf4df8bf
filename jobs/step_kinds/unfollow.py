"""unfollow: unfollow a person, or take back the request to a private account."""

from bot.actions.filters import Filters
from bot.actions.past_follows import is_kept
from bot.actions.targets import Target
from bot.plans.steps.unfollow import Unfollow as Step
from bot.steps.outcomes import Outcome
from jobs.instance import BotInstance
from jobs.step_kinds.step_kind import Place, Skip, is_own


class Unfollow:
    absence_proves_failure = True

    def skip_if_handled(self, filters: Filters) -> bool:
        return False

    def examine(self, bot: BotInstance, place: Place, target: Target) -> Target | Skip:
        if is_own(bot, place.step, target):
            return Skip("own_account")
        if is_kept(bot.user_id, target.person):
            return Skip("on_keep_list")
        friendship = bot.client.friendship(target.known_id)
        if not friendship.following and not friendship.requested:
            return Skip("not_followed_any_more")
        if isinstance(place.step, Step) and place.step.only_not_following_back and friendship.followed_by:
            return Skip("follows_back")
        return target

    def act(self, bot: BotInstance, target: Target) -> Outcome:
        bot.client.unfollow(target.known_id)
        return Outcome()

    def was_applied(self, bot: BotInstance, target: Target) -> Outcome | None:
        friendship = bot.client.friendship(target.known_id)
        return None if friendship.following or friendship.requested else Outcome()
