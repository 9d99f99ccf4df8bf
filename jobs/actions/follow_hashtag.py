"""follow-hashtag: people who posted under a hashtag, filtered, followed one by one."""

from bot.actions import Filters
from bot.steps import Target, Work
from jobs.actions.kind import Found
from jobs.instagram import Person
from jobs.instance import BotInstance


class FollowHashtag:
    def find(self, bot: BotInstance, work: Work) -> Found:
        page = bot.client.hashtag_page(str(work.params["hashtag"]), work.cursor)
        return Found([(person.username, person.id) for person in page.people], page.cursor)

    def obstacle(self, bot: BotInstance, work: Work, target: Target) -> str | None:
        filters = Filters.model_validate(work.params["filters"])
        if reason := filtered(bot.person(target.username), filters):
            return reason
        friendship = bot.client.friendship(target.instagram_id)
        return "already_followed" if friendship.following or friendship.requested else None

    def act(self, bot: BotInstance, target: Target) -> str | None:
        return "requested" if bot.client.follow(target.instagram_id).requested else None

    def arrived(self, bot: BotInstance, target: Target) -> bool:
        friendship = bot.client.friendship(target.instagram_id)
        return friendship.following or friendship.requested


def filtered(person: Person, filters: Filters) -> str | None:
    """The first filter that leaves this person out, as the reason that is kept."""
    if filters.skip_private and person.is_private:
        return "private"
    if filters.followers_min is not None and person.followers < filters.followers_min:
        return "too_few_followers"
    if filters.followers_max is not None and person.followers > filters.followers_max:
        return "too_many_followers"
    return None
