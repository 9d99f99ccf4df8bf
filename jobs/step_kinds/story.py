"""story: watch all pictures that a person's story shows at the moment."""

from bot.actions.filters import Filters
from bot.actions.targets import Target
from bot.core.errors import BotException
from bot.steps.outcomes import Outcome
from jobs.instance import BotInstance
from jobs.step_kinds.step_kind import Place, Skip, looked_up, while_acting


class Story:
    absence_proves_failure = True

    def skip_if_handled(self, filters: Filters) -> bool:
        return False

    def examine(self, bot: BotInstance, place: Place, target: Target) -> Target | Skip:
        known = looked_up(bot, place.step, target, place.filters)
        if isinstance(known, Skip):
            return known
        story = bot.client.story(known.known_id)
        if story is None:
            return Skip("no_story")
        return Skip("already_seen") if story.seen else known

    def act(self, bot: BotInstance, target: Target) -> Outcome:
        with while_acting():
            story = bot.client.story(target.known_id)
            if story is None:
                raise BotException("INSTAGRAM_STORY_GONE", delivered="no")
            bot.client.see_story(story)
        return Outcome()

    def was_applied(self, bot: BotInstance, target: Target) -> Outcome | None:
        story = bot.client.story(target.known_id)
        if story is None:
            raise BotException("INSTAGRAM_STORY_GONE", delivered="no")
        return Outcome() if story.seen else None
