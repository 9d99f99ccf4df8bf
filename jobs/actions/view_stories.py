"""view-stories: watch the stories of followed people, or of people named in the action."""

from typing import cast

from bot.actions.targets import Candidate, Search, Target
from bot.core.errors import BotException
from bot.steps.outcomes import Outcome
from jobs.actions.kind import Found, Skip, filters_of, looked_up, while_acting
from jobs.instance import BotInstance


class ViewStories:
    """Views of stories. One step watches all pictures that a person shows at the moment."""

    absence_proves_failure = True

    def skip_if_handled(self, work: Search) -> bool:
        return False

    def find(self, bot: BotInstance, work: Search) -> Found:
        if names := cast(list[str], work.params.get("usernames")):
            return Found([Candidate(name, name) for name in names], None)
        page = bot.client.following_page(bot.client.own_id, work.cursor)
        return Found([Candidate(person.username, person.username, person.id) for person in page.people], page.cursor)

    def examine(self, bot: BotInstance, work: Search, target: Target) -> Target | Skip:
        known = looked_up(bot, work, target, filters_of(work))
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
