"""follow-hashtag: follow the filtered authors of the posts in a tab of a hashtag one by one."""

from bot.actions.targets import Candidate, Search
from jobs.actions.following import Following
from jobs.actions.kind import Found, tab_of
from jobs.instance import BotInstance


class FollowHashtag(Following):
    def find(self, bot: BotInstance, work: Search) -> Found:
        page = bot.client.hashtag_page(str(work.params["hashtag"]), work.cursor, tab=tab_of(work))
        return Found([Candidate(person.username, person.username, person.id) for person in page.people], page.cursor)
