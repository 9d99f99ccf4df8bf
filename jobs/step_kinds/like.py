"""like: like a post."""

from dataclasses import replace

from bot.actions.filters import Filters
from bot.actions.targets import Target
from bot.plans.steps.like import Like as Step
from bot.steps.outcomes import Outcome
from jobs.instance import BotInstance
from jobs.step_kinds.step_kind import Place, Skip, looked_up


class Like:
    """Likes of posts. A target is a post, or a person whose post is chosen here; filters apply to its author."""

    absence_proves_failure = True

    def skip_if_handled(self, filters: Filters) -> bool:
        return True

    def examine(self, bot: BotInstance, place: Place, target: Target) -> Target | Skip:
        known = looked_up(bot, place.step, target, place.filters)
        if isinstance(known, Skip):
            return known
        if isinstance(place.step, Step) and place.step.posts and "_" not in (target.instagram_id or ""):
            return _with_post(bot, replace(known, instagram_id=target.owner_id or known.instagram_id))
        return Skip("already_liked") if bot.client.post(target.known_id).liked else target

    def act(self, bot: BotInstance, target: Target) -> Outcome:
        bot.client.like(target.known_id)
        return Outcome()

    def was_applied(self, bot: BotInstance, target: Target) -> Outcome | None:
        return Outcome() if bot.client.post(target.known_id).liked else None


def _with_post(bot: BotInstance, target: Target) -> Target | Skip:
    """Return the target with the id of the person's newest post that is not liked yet, a pinned one last."""
    posts = [post for post in bot.client.user_posts(target.known_id).posts if not post.liked and "_" in post.id]
    newest = next((post for post in posts if not post.pinned), None) or next(iter(posts), None)
    return replace(target, instagram_id=newest.id) if newest else Skip("no_post")
